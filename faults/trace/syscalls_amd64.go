package trace

import "golang.org/x/sys/unix"

// oldForms are system calls that newer architectures do without.
var oldForms = map[uint64][]form{
	unix.SYS_FORK:       {{name: "fork", call: Fork, fd: none}},
	unix.SYS_VFORK:      {{name: "vfork", call: Fork, fd: none}},
	unix.SYS_POLL:       {{name: "poll", call: Poll, fd: none}},
	unix.SYS_SELECT:     {{name: "select", call: Poll, fd: none}},
	unix.SYS_EPOLL_WAIT: {{name: "epoll_wait", call: Poll, fd: none}},
}
