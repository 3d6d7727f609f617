package inside

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A rawStart is all that the first moments of a program need, made ready in
// memory: between fork and exec the child has one thread, and of the Go runtime
// only what needs neither memory nor a lock. It makes raw system calls alone.
type rawStart struct {
	groups   []uintptr  // cgroup.procs of the control groups to join
	opened   uintptr    // the working directory; noDescriptor where it is not open yet
	dir      *byte      // the path of such a working directory; nil leaves it
	standard [3]uintptr // what descriptors 0, 1 and 2 become; noDescriptor closes
	limits   []rawLimit
	confined bool // it gives up what it may do more than an ordinary user
	newUser  bool // it becomes uid and gid
	uid, gid uintptr
	rules    uintptr // Landlock's; noDescriptor where there are none
	parent   uintptr
	filter   *unix.SockFprog // nil sets none
	ignored  []uintptr
	mask     uint64
	held     bool // it stops before it executes the program
	// copied says that the child gets a copy of init's memory, and the parent does not
	// wait: for one that is held, or that a program of the same user could stop.
	copied  bool
	path    *byte
	argv    []*byte // ends with nil, as envv does
	envv    []*byte
	image   uintptr // executed instead of path unless it is noDescriptor
	failure uintptr // the pipe that tells a failure
}

// A rawLimit is a resource limit, setrlimit(2).
type rawLimit struct {
	resource uintptr
	value    unix.Rlimit
}

// noDescriptor stands for a descriptor that there is not.
const noDescriptor = ^uintptr(0)

// A startStep is one step between fork and exec.
type startStep uint32

const (
	stepSession startStep = iota + 1
	stepGroups
	stepDir
	stepStandard
	stepLimits
	stepNoNewPrivs
	stepUser
	stepCapabilities
	stepLandlock
	stepDeathSignal
	stepFilter
	stepDispositions
	stepMask
	stepHeld
	stepExec
)

var startSteps = map[startStep]string{
	stepSession: "begin a session", stepGroups: "join a control group", stepDir: "enter the working directory",
	stepStandard: "set the standard descriptors", stepLimits: "set a resource limit", stepNoNewPrivs: "set no_new_privs",
	stepUser: "become another user", stepCapabilities: "drop capabilities", stepLandlock: "restrict by Landlock",
	stepDeathSignal: "set the signal for the parent's death", stepFilter: "filter system calls",
	stepDispositions: "set what signals do", stepMask: "set the signal mask", stepHeld: "stop before the program", stepExec: "execute",
}

// A startFailure is what the child writes to the pipe.
type startFailure struct {
	step  startStep
	errno uint32
}

//go:linkname runtimeBeforeFork syscall.runtime_BeforeFork
func runtimeBeforeFork()

//go:linkname runtimeAfterFork syscall.runtime_AfterFork
func runtimeAfterFork()

//go:linkname runtimeAfterForkInChild syscall.runtime_AfterForkInChild
func runtimeAfterForkInChild()

const (
	lastCapability  = 63
	joinKeyring     = unix.KEYCTL_JOIN_SESSION_KEYRING
	setModeFilter   = unix.SECCOMP_SET_MODE_FILTER
	childFailed     = 127
	afterStandard   = 3
	landlockNoFlags = 0
)

// fork clones the calling thread. In the child it takes the steps and executes
// the program; it returns in the parent only. The child may be in the memory of its
// parent, and on its stack: it changes nothing that the parent uses afterwards. The
// order of the steps matters:
// what needs rights comes before they are dropped, a change of ids clears the
// death signal, and the filter refuses what the steps before it need.
//
//go:noinline
//go:norace
//go:nocheckptr
func (s *rawStart) fork() (pid uintptr, errno syscall.Errno) {
	var (
		i        uintptr
		failed   startFailure
		caps     [2]unix.CapUserData
		header   = unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		action   kernelSigaction
		zero     = [1]byte{'0'}
		nothing  [1]byte
		parent   uintptr
		one      *rawLimit
		descr    uintptr
		limitAt  int
		groupsAt int
		signalAt int
		failure  uintptr
		flags    = uintptr(unix.SIGCHLD | sharing)
	)
	if s.copied {
		flags = uintptr(unix.SIGCHLD)
	}
	runtimeBeforeFork()
	if pid, failure = rawClone(flags); failure != 0 || pid != 0 {
		runtimeAfterFork()
		return pid, syscall.Errno(failure)
	}
	runtimeAfterForkInChild()

	failed.step = stepSession
	if _, _, errno = syscall.RawSyscall(unix.SYS_SETSID, 0, 0, 0); errno != 0 {
		goto fail
	}
	failed.step = stepGroups
	for groupsAt = 0; groupsAt < len(s.groups); groupsAt++ {
		_, _, errno = syscall.RawSyscall(unix.SYS_WRITE, s.groups[groupsAt], uintptr(unsafe.Pointer(&zero)), 1)
		if errno != 0 {
			goto fail
		}
	}
	failed.step = stepDir
	if s.opened != noDescriptor {
		if _, _, errno = syscall.RawSyscall(unix.SYS_FCHDIR, s.opened, 0, 0); errno != 0 {
			goto fail
		}
	} else if s.dir != nil {
		if _, _, errno = syscall.RawSyscall(unix.SYS_CHDIR, uintptr(unsafe.Pointer(s.dir)), 0, 0); errno != 0 {
			goto fail
		}
	}
	failed.step = stepStandard
	for i = 0; i < afterStandard; i++ {
		if descr = s.standard[i]; descr == noDescriptor {
			_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE, i, 0, 0)
		} else if _, _, errno = syscall.RawSyscall(unix.SYS_DUP3, descr, i, 0); errno != 0 {
			goto fail
		}
	}
	// Go opens every descriptor close-on-exec; this is for what it inherited.
	_, _, _ = syscall.RawSyscall(unix.SYS_CLOSE_RANGE, afterStandard, ^uintptr(0), unix.CLOSE_RANGE_CLOEXEC)
	failed.step = stepLimits
	for limitAt = 0; limitAt < len(s.limits); limitAt++ {
		one = &s.limits[limitAt]
		_, _, errno = syscall.RawSyscall6(unix.SYS_PRLIMIT64, 0, one.resource, uintptr(unsafe.Pointer(&one.value)), 0, 0, 0)
		if errno != 0 {
			goto fail
		}
	}
	if s.confined {
		failed.step = stepNoNewPrivs
		if _, _, errno = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
			goto fail
		}
		for i = 0; i <= lastCapability; i++ { // where it is not entitled to, execve(2) grants none either
			_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, i, 0, 0, 0, 0)
		}
		if s.newUser {
			failed.step = stepUser
			if _, _, errno = syscall.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
				goto fail
			}
			if _, _, errno = syscall.RawSyscall(unix.SYS_SETRESGID, s.gid, s.gid, s.gid); errno != 0 {
				goto fail
			}
			if _, _, errno = syscall.RawSyscall(unix.SYS_SETRESUID, s.uid, s.uid, s.uid); errno != 0 {
				goto fail
			}
			// The change of ids sets it to fs.suid_dumpable, and the memory is init's.
			_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0, 0)
		}
		failed.step = stepCapabilities
		_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0, 0)
		_, _, errno = syscall.RawSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&caps)), 0)
		if errno != 0 {
			goto fail
		}
		// A keyring of its own, session-keyring(7): the caller's may hold keys. A
		// container's filter, or a kernel without keys, refuses this, and reading too.
		_, _, _ = syscall.RawSyscall(unix.SYS_KEYCTL, joinKeyring, 0, 0)
	}
	failed.step = stepLandlock
	if s.rules != noDescriptor {
		if _, _, errno = syscall.RawSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, s.rules, landlockNoFlags, 0); errno != 0 {
			goto fail
		}
	}
	failed.step = stepDeathSignal
	if _, _, errno = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0); errno != 0 {
		goto fail
	}
	if parent, _, _ = syscall.RawSyscall(unix.SYS_GETPPID, 0, 0, 0); parent != s.parent {
		goto end // it died before the signal was set
	}
	failed.step = stepFilter
	if s.filter != nil {
		_, _, errno = syscall.RawSyscall(unix.SYS_SECCOMP, setModeFilter, 0, uintptr(unsafe.Pointer(s.filter)))
		if errno != 0 && errno != unix.ENOSYS && errno != unix.EINVAL { // a kernel without seccomp(2)
			goto fail
		}
	}
	failed.step = stepDispositions
	for i = 1; i <= lastSignal; i++ { // SIGKILL and SIGSTOP refuse
		_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, i, uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
	}
	action.handler = sigIgnore
	for signalAt = 0; signalAt < len(s.ignored); signalAt++ {
		_, _, errno = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, s.ignored[signalAt], uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
		if errno != 0 {
			goto fail
		}
	}
	failed.step = stepMask
	_, _, errno = syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&s.mask)), 0, sigsetBytes, 0, 0)
	if errno != 0 {
		goto fail
	}
	if s.held {
		failed.step = stepHeld
		// A tracer of the same user may attach: this is a copy of init, which refuses.
		_, _, _ = syscall.RawSyscall6(unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 1, 0, 0, 0, 0)
		_, _, _ = syscall.RawSyscall(unix.SYS_WRITE, s.failure, uintptr(unsafe.Pointer(&failed)), unsafe.Sizeof(failed))
		pid, _, _ = syscall.RawSyscall(unix.SYS_GETPID, 0, 0, 0)
		_, _, _ = syscall.RawSyscall(unix.SYS_KILL, pid, uintptr(unix.SIGSTOP), 0)
	}
	failed.step = stepExec
	if s.image != noDescriptor {
		_, _, errno = syscall.RawSyscall6(unix.SYS_EXECVEAT, s.image, uintptr(unsafe.Pointer(&nothing)),
			uintptr(unsafe.Pointer(&s.argv[0])), uintptr(unsafe.Pointer(&s.envv[0])), unix.AT_EMPTY_PATH, 0)
	} else {
		_, _, errno = syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(s.path)),
			uintptr(unsafe.Pointer(&s.argv[0])), uintptr(unsafe.Pointer(&s.envv[0])))
	}
fail:
	failed.errno = uint32(errno)
	_, _, _ = syscall.RawSyscall(unix.SYS_WRITE, s.failure, uintptr(unsafe.Pointer(&failed)), unsafe.Sizeof(failed))
end:
	for {
		_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, childFailed, 0, 0)
	}
}

// sharing has a child use the memory of its parent, whose thread waits until it has
// executed the program or has ended: vfork(2). To copy the page tables of init, and
// the pages that it writes to afterwards, costs more than all else of a start.
const sharing = unix.CLONE_VM | unix.CLONE_VFORK

// rawClone is clone(2). It is a leaf in assembler: the child of a clone that is
// sharing returns from it on the stack that the parent returns on afterwards.
func rawClone(flags uintptr) (pid, errno uintptr)
