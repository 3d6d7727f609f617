package proc

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// SyscallName returns the name of a system call of this architecture in which a
// server can block, or be for a while; of any other number "syscall 318".
func SyscallName(n int64) string {
	switch {
	case n >= 0 && n < int64(len(syscallNames)) && syscallNames[n] != "":
		return syscallNames[n]
	case n >= 0 && n < int64(len(legacyNames)) && legacyNames[n] != "":
		return legacyNames[n]
	}
	return fmt.Sprintf("syscall %d", n)
}

// syscallNames are the names by number. An array costs nothing at the start of
// the program, as a map would.
var syscallNames = [...]string{
	unix.SYS_READ: "read", unix.SYS_READV: "readv", unix.SYS_PREAD64: "pread64",
	unix.SYS_PREADV: "preadv", unix.SYS_PREADV2: "preadv2",
	unix.SYS_RECVFROM: "recvfrom", unix.SYS_RECVMSG: "recvmsg", unix.SYS_RECVMMSG: "recvmmsg",
	unix.SYS_ACCEPT: "accept", unix.SYS_ACCEPT4: "accept4",
	unix.SYS_WRITE: "write", unix.SYS_WRITEV: "writev", unix.SYS_PWRITE64: "pwrite64",
	unix.SYS_PWRITEV: "pwritev", unix.SYS_PWRITEV2: "pwritev2",
	unix.SYS_SENDTO: "sendto", unix.SYS_SENDMSG: "sendmsg", unix.SYS_SENDMMSG: "sendmmsg",
	unix.SYS_SENDFILE: "sendfile", unix.SYS_SPLICE: "splice",
	unix.SYS_CONNECT: "connect", unix.SYS_CLOSE: "close",
	unix.SYS_PPOLL: "ppoll", unix.SYS_PSELECT6: "pselect6",
	unix.SYS_EPOLL_PWAIT: "epoll_pwait", unix.SYS_EPOLL_PWAIT2: "epoll_pwait2",
	unix.SYS_NANOSLEEP: "nanosleep", unix.SYS_CLOCK_NANOSLEEP: "clock_nanosleep",
	unix.SYS_FUTEX: "futex", unix.SYS_FUTEX_WAIT: "futex_wait", unix.SYS_FUTEX_WAITV: "futex_waitv",
	unix.SYS_RT_SIGTIMEDWAIT: "rt_sigtimedwait", unix.SYS_SEMTIMEDOP: "semtimedop",
	unix.SYS_MQ_TIMEDRECEIVE: "mq_timedreceive", unix.SYS_MQ_TIMEDSEND: "mq_timedsend",
	unix.SYS_IO_GETEVENTS: "io_getevents", unix.SYS_IO_URING_ENTER: "io_uring_enter",
	unix.SYS_RESTART_SYSCALL: "restart_syscall",
	unix.SYS_EXIT:            "exit", unix.SYS_EXIT_GROUP: "exit_group",
	unix.SYS_WAIT4: "wait4", unix.SYS_WAITID: "waitid", unix.SYS_RT_SIGSUSPEND: "rt_sigsuspend",
	unix.SYS_CLONE: "clone", unix.SYS_CLONE3: "clone3", unix.SYS_EXECVE: "execve",
	unix.SYS_OPENAT: "openat", unix.SYS_FLOCK: "flock", unix.SYS_FCNTL: "fcntl", unix.SYS_IOCTL: "ioctl",
	unix.SYS_FSYNC: "fsync", unix.SYS_FDATASYNC: "fdatasync",
	unix.SYS_MSGRCV: "msgrcv", unix.SYS_MSGSND: "msgsnd", unix.SYS_SEMOP: "semop",
	unix.SYS_MMAP: "mmap", unix.SYS_MUNMAP: "munmap", unix.SYS_MPROTECT: "mprotect",
	unix.SYS_MREMAP: "mremap", unix.SYS_MADVISE: "madvise", unix.SYS_BRK: "brk",
}
