package inside

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// The directories of the new root that a server does not see.
const (
	hostDir  = "/.host"           // the machine's root, until the root is sealed
	stageDir = "/dev/shm"         // what the server's own hides
	diskDir  = stageDir + "/disk" // all that a server may write to
)

// inodeBytes is how much of the disk stands for one file.
const inodeBytes = 4 << 10

// privateMounts keeps the mounts of init to itself, and mounts a /proc of its own
// pid namespace where the kernel allows it.
func privateMounts() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	err := mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	if errors.Is(err, unix.EPERM) {
		return nil // the machine's is masked, as in a container
	}
	return err
}

// newRoot makes the root of hosts: the machine's system directories read-only, a
// small /dev, and a /proc of the init's pid namespace. The machine's root stays at
// hostDir until what the servers need has been taken from it.
func newRoot() error {
	if err := pivot(); err != nil {
		return err
	}
	for _, dir := range wire.SystemDirs {
		if err := systemDir(dir); err != nil {
			return err
		}
	}
	return errors.Join(mkdir("/proc", "/run", "/tmp", "/var/tmp", diskDir), freshProc(), devices())
}

// mountDisk mounts the disk of a host, a tmpfs of limited size.
func mountDisk(limits wire.Limits) error {
	size := strconv.FormatInt(limits.DiskBytes, 10)
	inodes := strconv.FormatInt(limits.DiskBytes/inodeBytes, 10)
	return mount("tmpfs", diskDir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size="+size+",nr_inodes="+inodes+",mode=755")
}

// pivot makes an empty file system the root, and the old root hostDir.
func pivot() error {
	const stage = "/tmp" // any directory that is there; what it holds is at hostDir again
	if err := mount("tmpfs", stage, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "size=1m,nr_inodes=2k,mode=755"); err != nil {
		return err
	}
	if err := errors.Join(unix.Chdir(stage), unix.Mkdir("."+hostDir, 0o700)); err != nil {
		return fmt.Errorf("enter the new root: %w", err)
	}
	if err := unix.PivotRoot(".", "."+hostDir); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return fmt.Errorf("enter the new root: %w", err)
	}
	return nil
}

// systemDir shows a directory of the machine, or a symbolic link, where it is.
func systemDir(dir string) error {
	if target, err := os.Readlink(hostDir + dir); err == nil {
		return os.Symlink(target, dir)
	}
	if info, err := os.Stat(hostDir + dir); err != nil || !info.IsDir() {
		return nil //nolint:nilerr // the machine has none
	}
	from := hostDir + layersDir + dir
	if _, err := os.Stat(from); err != nil {
		from = hostDir + dir
	}
	return errors.Join(mkdir(dir), bind(from, dir, unix.MOUNT_ATTR_RDONLY|unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV))
}

// freshProc mounts a /proc that shows what a server may trace: its own processes, and
// not the init, whose mount table is the machine's, proc(5). Where the machine's is
// masked, as in a container, the kernel refuses that; then the machine's is shown.
func freshProc() error {
	err := mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "hidepid=ptraceable")
	if errors.Is(err, unix.EPERM) {
		return bind(hostDir+"/proc", "/proc", 0)
	}
	return err
}

// devices makes a /dev of what programs take for granted.
func devices() error {
	err := mkdir("/dev")
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if _, statErr := os.Stat(hostDir + "/dev/" + name); statErr == nil {
			err = errors.Join(err, touch("/dev/"+name), bind(hostDir+"/dev/"+name, "/dev/"+name, unix.MOUNT_ATTR_NOSUID))
		}
	}
	for name, target := range map[string]string{
		"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		err = errors.Join(err, os.Symlink(target, "/dev/"+name))
	}
	return err
}

// openDir shows a fresh directory of the disk that everybody may write to.
func openDir(name, at string) error {
	dir := filepath.Join(diskDir, name)
	if err := errors.Join(mkdir(dir, at), unix.Chmod(dir, 0o1777)); err != nil {
		return err
	}
	return bind(dir, at, 0)
}

// bind shows the file or directory at from, with all that is mounted in it, at
// to. It follows no symbolic link that has come into from since it was resolved.
func bind(from, to string, attributes uint64) error {
	at, err := wire.OpenExactly(from, unix.O_PATH)
	if err != nil {
		return fmt.Errorf("open %s without following a link: %w", strings.TrimPrefix(from, hostDir), err)
	}
	defer func() { _ = unix.Close(at) }()
	fd, err := unix.OpenTree(at, "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE|unix.AT_EMPTY_PATH)
	if err != nil {
		return fmt.Errorf("copy the mount of %s: %w", from, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if attributes != 0 {
		err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: attributes})
		if err != nil {
			return fmt.Errorf("restrict the mount of %s: %w", from, err)
		}
	}
	if err := unix.MoveMount(fd, "", unix.AT_FDCWD, to, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("mount %s: %w", to, err)
	}
	return nil
}

func mount(source, at, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, at, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s on %s: %w", kind, at, err)
	}
	return nil
}

func mkdir(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a directory of the new root: %w", err)
		}
	}
	return nil
}

// touch makes an empty file for something to be mounted on.
func touch(path string) error {
	if err := mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return fmt.Errorf("make a file of the new root: %w", err)
	}
	return file.Close()
}
