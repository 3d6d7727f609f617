package observe

import "golang.org/x/sys/unix"

// olderCalls are those that newer architectures do without.
var olderCalls = map[int64]string{
	unix.SYS_POLL: "poll", unix.SYS_SELECT: "select", unix.SYS_EPOLL_WAIT: "epoll_wait",
	unix.SYS_PAUSE: "pause", unix.SYS_VFORK: "vfork", unix.SYS_OPEN: "open",
}
