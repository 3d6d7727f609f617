package proc

import "golang.org/x/sys/unix"

// legacyNames are those of the calls that newer architectures lack.
var legacyNames = [...]string{
	unix.SYS_POLL: "poll", unix.SYS_SELECT: "select", unix.SYS_EPOLL_WAIT: "epoll_wait",
	unix.SYS_PAUSE: "pause", unix.SYS_VFORK: "vfork", unix.SYS_OPEN: "open",
}
