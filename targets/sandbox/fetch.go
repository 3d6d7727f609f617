package sandbox

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A fetched program is a file that root has opened for a server that may not
// open it itself, because it lies in a directory of root's.
type fetched struct{ file *os.File }

// fetch opens the program where it is about to be executed by another user
// without a view of its own. Nil when there is no need.
func fetch(p *Program, plan *plan) *fetched {
	if !plan.Root || plan.Mounts || p.View == nil || p.View.Program == "" {
		return nil
	}
	fd, err := openExactly(p.View.Program, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil // execve(2) tells the reason
	}
	file := os.NewFile(uintptr(fd), p.View.Program)
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		_ = file.Close()
		return nil
	}
	return &fetched{file}
}

// execute runs a sealed copy of the program in memory, memfd_create(2). That
// cannot be done with a script: its interpreter would have to open it.
func (f *fetched) execute(p *Program, refused error) error {
	var magic [4]byte
	if _, err := f.file.ReadAt(magic[:], 0); err != nil || string(magic[:]) != "\x7fELF" {
		return fmt.Errorf("the server runs as user nobody, who may not read it: %w", refused)
	}
	fd, err := unix.MemfdCreate(p.Args[0], unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return fmt.Errorf("copy the program: %w", err)
	}
	memory := os.NewFile(uintptr(fd), "program")
	if _, err := io.Copy(memory, f.file); err != nil {
		return fmt.Errorf("copy the program: %w", err)
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return fmt.Errorf("seal the program: %w", err)
	}
	return execveat(fd, p.Args, p.Env)
}

// execveat executes an open file, execveat(2).
func execveat(fd int, args, env []string) error {
	argv, err := syscall.SlicePtrFromStrings(args)
	if err != nil {
		return err
	}
	envv, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return err
	}
	empty, err := unix.BytePtrFromString("")
	if err != nil {
		return err
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(empty)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envv[0])), unix.AT_EMPTY_PATH, 0)
	return errno
}
