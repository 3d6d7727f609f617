package life

import "golang.org/x/sys/unix"

// olderCalls are those that newer architectures lack.
var olderCalls = map[uint64]spec{
	unix.SYS_FORK:         {name: "fork", write: noArgs},
	unix.SYS_VFORK:        {name: "vfork", write: noArgs},
	unix.SYS_DUP2:         {name: "dup2", effect: replace, onFD: true, write: func(m *made) string { return join(m.fd(), m.number(1)) }},
	unix.SYS_OPEN:         {name: "open", effect: opens, write: pathArgs(0), startup: true},
	unix.SYS_CREAT:        {name: "creat", effect: opens, write: pathArgs(0), startup: true},
	unix.SYS_PIPE:         {name: "pipe", effect: pair, at: 0, write: noArgs, startup: true},
	unix.SYS_EPOLL_CREATE: {name: "epoll_create", effect: opens, write: noArgs},
	unix.SYS_EVENTFD:      {name: "eventfd", effect: opens, write: noArgs},
	unix.SYS_SIGNALFD:     {name: "signalfd", effect: opens, write: noArgs},
	unix.SYS_POLL:         {name: "poll", write: noArgs},
	unix.SYS_SELECT:       {name: "select", write: noArgs},
	unix.SYS_EPOLL_WAIT:   {name: "epoll_wait", onFD: true},
	unix.SYS_PAUSE:        {name: "pause", write: noArgs},
}
