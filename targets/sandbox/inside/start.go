package inside

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// notExecutedError marks the errno of a failed execve(2), which is the program's
// fault and not the machine's.
type notExecutedError struct{ error }

// Unwrap returns the errno.
func (e notExecutedError) Unwrap() error { return e.error }

// run starts a program with fds as its standard input and its standard output
// and error, and returns its pid. It is called on the thread that is to be the
// program's parent. Beside says that other programs run in the host.
func (k *initProcess) run(p *wire.Program, fds []int, beside bool) (int, error) {
	if len(fds) != 2 {
		return 0, fmt.Errorf("a start takes 2 descriptors, got %d: %w", len(fds), unix.EINVAL)
	}
	s, err := k.prepare(p, fds[0], fds[1])
	if err != nil {
		return 0, err
	}
	defer s.close()
	s.copied = p.Held || beside
	if p.Held && k.copies(p) { // whether execve(2) is refused shows too late
		if image, err := copyOf(p.View.Program, p.Args[0], nil); err == nil {
			defer func() { _ = image.Close() }()
			s.image = image.Fd()
		}
	}
	pid, err := s.start()
	if !errors.Is(err, unix.EACCES) || !k.copies(p) {
		return pid, err
	}
	image, err := copyOf(p.View.Program, p.Args[0], err)
	if err != nil {
		return 0, err
	}
	defer func() { _ = image.Close() }()
	s.image = image.Fd()
	return s.start()
}

// copies says whether a program that its user may not read is executed from a copy.
func (k *initProcess) copies(p *wire.Program) bool {
	return k.plan.Root && !k.plan.Mounts && p.View != nil && p.View.Program != ""
}

// prepare makes ready what the child needs.
func (k *initProcess) prepare(p *wire.Program, stdin, output int) (s *rawStart, err error) {
	s = &rawStart{
		rules: noDescriptor, image: noDescriptor, opened: k.host.dir, parent: uintptr(os.Getpid()), held: p.Held,
	}
	for i := range k.host.groups {
		s.groups = append(s.groups, uintptr(k.host.groups[i].procs))
	}
	s.standard = [3]uintptr{uintptr(stdin), uintptr(output), uintptr(output)}
	for _, fd := range p.Closed {
		if fd < 0 || fd >= len(s.standard) {
			return nil, fmt.Errorf("close descriptor %d: %w", fd, unix.EINVAL)
		}
		s.standard[fd] = noDescriptor
	}
	if err := errors.Join(s.strings(p), s.signals(p.Conditions)); err != nil {
		return nil, err
	}
	if p.View == nil {
		s.limits, err = usualDescriptors()
		return s, err
	}
	s.confined, s.newUser, s.filter = true, k.plan.Root, serverFilter(filterKind{
		offline: p.Offline, noSetID: !k.plan.Mounts, ownSchedule: !k.plan.PIDs,
	})
	s.uid, s.gid = uintptr(p.View.UID), uintptr(p.View.GID)
	runsAs := unix.Getuid()
	if k.plan.Root {
		runsAs = p.View.UID
	}
	if s.limits, err = limitsOf(&k.plan, runsAs, k.host.boundsMemory()); err != nil {
		return nil, err
	}
	if !k.plan.Mounts {
		s.rules, err = landlockRules(p.View)
	}
	return s, err
}

// strings copies the text that the kernel reads.
func (s *rawStart) strings(p *wire.Program) (err error) {
	dir := p.Dir
	if p.View != nil {
		dir = p.View.Dir
	}
	if dir != "" {
		if s.dir, err = unix.BytePtrFromString(dir); err != nil {
			return fmt.Errorf("enter %q: %w", dir, err)
		}
	}
	if s.path, err = unix.BytePtrFromString(p.Path); err != nil {
		return fmt.Errorf("execute %q: %w", p.Path, err)
	}
	if s.argv, err = syscall.SlicePtrFromStrings(p.Args); err != nil {
		return fmt.Errorf("pass the arguments: %w", err)
	}
	if s.envv, err = syscall.SlicePtrFromStrings(p.Env); err != nil {
		return fmt.Errorf("pass the environment: %w", err)
	}
	return nil
}

// signals notes which signals are ignored and which blocked.
func (s *rawStart) signals(c wire.Conditions) error {
	for _, sig := range slices.Concat(c.Ignored, c.Blocked) {
		if sig < 1 || sig > lastSignal {
			return fmt.Errorf("no signal %d: %w", sig, unix.EINVAL)
		}
	}
	for _, sig := range c.Ignored {
		s.ignored = append(s.ignored, uintptr(sig))
	}
	for _, sig := range c.Blocked {
		s.mask |= 1 << (sig - 1)
	}
	return nil
}

// close closes what prepare has opened.
func (s *rawStart) close() {
	if s.rules != noDescriptor {
		_ = unix.Close(int(s.rules))
	}
}

// start clones the child and waits until it has executed the program, or tells
// why it has not: a notExecutedError when execve(2) refused.
func (s *rawStart) start() (int, error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return 0, fmt.Errorf("make a pipe for a start: %w", err)
	}
	defer func() { _ = unix.Close(pipe[0]) }()
	s.failure = uintptr(pipe[1])
	syscall.ForkLock.Lock()
	pid, errno := s.fork()
	syscall.ForkLock.Unlock()
	_ = unix.Close(pipe[1])
	if errno != 0 {
		return 0, fmt.Errorf("fork: %w", errno)
	}
	var failed startFailure
	n, err := readFull(pipe[0], unsafe.Slice((*byte)(unsafe.Pointer(&failed)), unsafe.Sizeof(failed)))
	switch {
	case err != nil:
		return 0, fmt.Errorf("wait for the start: %w", err)
	case n == 0, failed.step == stepHeld:
		return int(pid), nil // execve(2) closed the pipe, or is yet to come
	case failed.step == stepExec:
		return 0, notExecutedError{unix.Errno(failed.errno)}
	}
	return 0, fmt.Errorf("%s: %w", startSteps[failed.step], unix.Errno(failed.errno))
}

// readFull reads until data is full or the file ends.
func readFull(fd int, data []byte) (int, error) {
	for n := 0; ; {
		got, err := unix.Read(fd, data[n:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n += max(got, 0); err != nil || got == 0 || n == len(data) {
			return n, err
		}
	}
}

// copyOf copies a program that the server's user may not read to memory,
// memfd_create(2), sealed. That cannot be done with a script: its interpreter
// would have to open it.
func copyOf(path, name string, refused error) (*os.File, error) {
	fd, err := wire.OpenExactly(path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, refused
	}
	file := os.NewFile(uintptr(fd), path)
	defer func() { _ = file.Close() }()
	var magic [4]byte
	if _, err := file.ReadAt(magic[:], 0); err != nil || string(magic[:]) != "\x7fELF" {
		return nil, notExecutedError{fmt.Errorf("the server runs as user nobody, who may not read it: %w", refused)}
	}
	if fd, err = unix.MemfdCreate(name, unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING); err != nil {
		return nil, fmt.Errorf("copy the program: %w", err)
	}
	memory := os.NewFile(uintptr(fd), "program")
	if _, err := io.Copy(memory, file); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the program: %w", err), memory.Close())
	}
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals); err != nil {
		return nil, errors.Join(fmt.Errorf("seal the program: %w", err), memory.Close())
	}
	return memory, nil
}
