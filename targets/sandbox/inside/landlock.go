package inside

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// Rights of landlock(7), by what they are for.
const (
	mayRead  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	mayWrite = unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_DIR |
		unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_DIR | unix.LANDLOCK_ACCESS_FS_MAKE_REG |
		unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_SYM |
		unix.LANDLOCK_ACCESS_FS_REFER | unix.LANDLOCK_ACCESS_FS_TRUNCATE
	mayMakeDevices = unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK
	// onFiles are those that a rule for a single file may name.
	onFiles = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE |
		unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_TRUNCATE
)

// landlockABI is the version that the kernel knows; 0 without Landlock.
func landlockABI() int {
	version, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0
	}
	return int(version)
}

// handledBy gives the rights of files that a version of Landlock knows.
func handledBy(abi int) uint64 {
	handled := uint64(mayRead | mayWrite | mayMakeDevices)
	if abi < 2 {
		handled &^= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi < 3 {
		handled &^= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	return handled
}

// landlockRules makes the rules by which a program sees no more of the machine
// than a view shows, and writes to its own directories and the temporary ones
// only. Where the kernel can, it also connects to no TCP port, reaches no
// abstract unix socket and sends no signal to a process outside its tree. Without
// Landlock there are no rules: noDescriptor.
func landlockRules(v *wire.View) (uintptr, error) {
	abi := landlockABI()
	if abi == 0 {
		return noDescriptor, nil
	}
	rules := unix.LandlockRulesetAttr{Handled_access_fs: handledBy(abi)}
	if abi >= 4 {
		rules.Handled_access_net = unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
	}
	if abi >= 6 {
		rules.Scoped = unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | unix.LANDLOCK_SCOPE_SIGNAL
	}
	fd, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), unsafe.Sizeof(rules), 0)
	if errno != 0 {
		return noDescriptor, fmt.Errorf("make Landlock rules: %w", errno)
	}
	for _, grant := range grants(v) {
		for _, path := range grant.paths {
			if err := allow(int(fd), path, grant.exact, grant.rights&rules.Handled_access_fs); err != nil {
				return noDescriptor, errors.Join(err, unix.Close(int(fd)))
			}
		}
	}
	return fd, nil
}

// A grant is what a server may do below some paths. Exact says that they have no
// symbolic links; those of the system may have some.
type grant struct {
	rights uint64
	paths  []string
	exact  bool
}

// grants are what a server may do where.
func grants(v *wire.View) []grant {
	return []grant{
		{rights: mayRead, paths: wire.SystemDirs},
		{rights: mayRead, paths: []string{"/proc", "/sys/devices/system/cpu", "/run/systemd/resolve"}},
		{rights: mayRead, paths: v.Read, exact: true},
		{rights: mayRead | mayWrite, paths: v.Own, exact: true},
		{rights: mayRead | mayWrite, paths: []string{"/tmp", "/var/tmp", "/dev/shm"}},
		{rights: mayRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE, paths: []string{
			"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/fd",
		}},
	}
}

// allow adds a rule for what lies below a path; one that is not there needs none.
func allow(rules int, path string, exact bool, rights uint64) error {
	open := func() (int, error) { return unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0) }
	if exact {
		open = func() (int, error) { return wire.OpenExactly(path, unix.O_PATH) }
	}
	fd, err := open()
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("allow %s by Landlock: %w", path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return fmt.Errorf("allow %s by Landlock: %w", path, err)
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		rights &= onFiles
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: rights, Parent_fd: int32(fd)}
	_, _, errno := unix.RawSyscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH,
		uintptr(unsafe.Pointer(&rule)), 0, 0, 0)
	if errno != 0 {
		return fmt.Errorf("allow %s by Landlock: %w", path, errno)
	}
	return nil
}
