package sandbox

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// dropRights takes from the calling thread, for ever, whatever it may do more
// than an ordinary user: see capabilities(7). A uid of -1 leaves the ids alone.
// The raw calls change this thread alone, which is the one that executes the
// program.
func dropRights(uid, gid int) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	for capability := uintptr(0); ; capability++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) {
			break // past the last one, or not entitled: then execve(2) grants none either
		}
	}
	if uid >= 0 {
		if err := becomeUser(uid, gid); err != nil {
			return err
		}
	}
	if err := dropAmbient(); err != nil {
		return err
	}
	var none [2]unix.CapUserData
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// becomeUser changes all ids of the calling thread, groups first.
func becomeUser(uid, gid int) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
		return fmt.Errorf("leave all groups: %w", errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESGID, uintptr(gid), uintptr(gid), uintptr(gid)); errno != 0 {
		return fmt.Errorf("become group %d: %w", gid, errno)
	}
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), uintptr(uid), uintptr(uid)); errno != 0 {
		return fmt.Errorf("become user %d: %w", uid, errno)
	}
	return nil
}

// stackRoom is added to the limit of data: a thread's stack counts with its
// full size, 8 MiB, of which it uses little.
const stackRoom = 1 << 30

// setLimits sets the resource limits of a program that is to run as uid,
// setrlimit(2).
func setLimits(p *plan, uid int) error {
	l := p.Limits
	limits := map[int]uint64{unix.RLIMIT_CORE: 0}
	if l.Descriptors > 0 {
		limits[unix.RLIMIT_NOFILE] = uint64(l.Descriptors)
	}
	if l.CPU > 0 {
		limits[unix.RLIMIT_CPU] = uint64(l.CPU.Seconds())
	}
	if l.MemoryBytes > 0 && !p.boundsMemory() {
		limits[unix.RLIMIT_DATA] = uint64(l.MemoryBytes) + stackRoom
	}
	switch {
	case uid == 0: // it binds no root
	case p.User && kernelAtLeast(5, 14): // counted in the user namespace alone
		limits[unix.RLIMIT_NPROC] = uint64(l.looseTasks())
	default: // all that the user has on the machine count too
		limits[unix.RLIMIT_NPROC] = uint64(l.looseTasks() + tasksOnMachine())
	}
	for resource, value := range limits {
		var now syscall.Rlimit
		if err := syscall.Getrlimit(resource, &now); err != nil {
			return fmt.Errorf("get resource limit %d: %w", resource, err)
		}
		now.Max = min(now.Max, value)
		now.Cur = now.Max
		// Not x/sys: this one also keeps syscall.Exec from restoring RLIMIT_NOFILE.
		if err := syscall.Setrlimit(resource, &now); err != nil {
			return fmt.Errorf("set resource limit %d to %d: %w", resource, value, err)
		}
	}
	return nil
}
