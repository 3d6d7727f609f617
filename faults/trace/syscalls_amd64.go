package trace

import "golang.org/x/sys/unix"

// olderSignatures are system calls that newer architectures lack.
var olderSignatures = map[uint64][]signature{
	unix.SYS_FORK:       {{name: "fork", family: Fork, fd: none}},
	unix.SYS_VFORK:      {{name: "vfork", family: Fork, fd: none}},
	unix.SYS_POLL:       {{name: "poll", family: Poll, fd: none}},
	unix.SYS_SELECT:     {{name: "select", family: Poll, fd: none}},
	unix.SYS_EPOLL_WAIT: {{name: "epoll_wait", family: Poll, fd: none}},
}
