package life

import "golang.org/x/sys/unix"

// An effect is what a call does to the descriptor table of its process.
type effect int

const (
	none    effect = iota
	opens          // the result is a new descriptor
	replace        // the second argument is one that refers to something else now
	pair           // two new ones are in memory, where argument pair.at points to
	closes         // the first argument is gone
	renames        // the first argument refers to a socket that is something else now
	reads          // the table is read anew: the call may have done anything to it
)

// A spec says what is told of a system call.
type spec struct {
	// name is that of the manual page: "fork" for clone.
	name   string
	effect effect
	// onFD says that the first argument is a descriptor.
	onFD bool
	// write writes the arguments; nil writes the descriptor alone.
	write func(*made) string
	// at is the argument that points to the pair.
	at int
	// startup says that programs make it while they start, before they are servers.
	startup bool
}

// calls are the system calls that are told, by number.
var calls = merge(map[uint64]spec{
	unix.SYS_SOCKET:     {name: "socket", effect: opens, write: socketArgs},
	unix.SYS_SOCKETPAIR: {name: "socketpair", effect: pair, at: 3, write: socketArgs},
	unix.SYS_BIND:       {name: "bind", effect: renames, onFD: true, write: addressArgs},
	unix.SYS_LISTEN:     {name: "listen", effect: renames, onFD: true, write: func(m *made) string { return join(m.fd(), m.number(1)) }},
	unix.SYS_ACCEPT:     {name: "accept", effect: opens, onFD: true},
	unix.SYS_ACCEPT4:    {name: "accept", effect: opens, onFD: true},
	unix.SYS_CONNECT:    {name: "connect", effect: renames, onFD: true, write: addressArgs},
	unix.SYS_SETSOCKOPT: {name: "setsockopt", onFD: true, write: optionArgs},
	unix.SYS_SHUTDOWN:   {name: "shutdown", effect: renames, onFD: true, write: shutdownArgs},

	unix.SYS_CLONE:  {name: "fork", write: noArgs},
	unix.SYS_CLONE3: {name: "fork", write: noArgs},

	unix.SYS_READ:     {name: "read", onFD: true, write: readArgs, startup: true},
	unix.SYS_READV:    {name: "readv", onFD: true},
	unix.SYS_RECVFROM: {name: "recv", onFD: true, write: readArgs},
	unix.SYS_RECVMSG:  {name: "recvmsg", effect: reads, onFD: true},
	unix.SYS_WRITE:    {name: "write", onFD: true, write: writeArgs, startup: true},
	unix.SYS_WRITEV:   {name: "writev", onFD: true},
	unix.SYS_SENDTO:   {name: "send", onFD: true, write: writeArgs},
	unix.SYS_SENDMSG:  {name: "sendmsg", onFD: true},
	unix.SYS_SENDFILE: {name: "sendfile", onFD: true},
	unix.SYS_SPLICE:   {name: "splice", onFD: true},

	unix.SYS_CLOSE:          {name: "close", effect: closes, onFD: true, startup: true},
	unix.SYS_CLOSE_RANGE:    {name: "close_range", effect: reads, write: func(m *made) string { return join(m.number(0), m.upTo(1)) }},
	unix.SYS_DUP:            {name: "dup", effect: opens, onFD: true, startup: true},
	unix.SYS_DUP3:           {name: "dup3", effect: replace, onFD: true, write: func(m *made) string { return join(m.fd(), m.number(1)) }},
	unix.SYS_FCNTL:          {name: "fcntl", effect: reads, onFD: true, write: fcntlArgs, startup: true},
	unix.SYS_OPENAT:         {name: "open", effect: opens, write: pathArgs(1), startup: true},
	unix.SYS_OPENAT2:        {name: "open", effect: opens, write: pathArgs(1), startup: true},
	unix.SYS_PIPE2:          {name: "pipe", effect: pair, at: 0, write: noArgs, startup: true},
	unix.SYS_EPOLL_CREATE1:  {name: "epoll_create", effect: opens, write: noArgs},
	unix.SYS_EPOLL_CTL:      {name: "epoll_ctl", onFD: true, write: epollArgs},
	unix.SYS_EVENTFD2:       {name: "eventfd", effect: opens, write: noArgs},
	unix.SYS_SIGNALFD4:      {name: "signalfd", effect: opens, write: noArgs},
	unix.SYS_TIMERFD_CREATE: {name: "timerfd_create", effect: opens, write: noArgs},
	unix.SYS_MEMFD_CREATE:   {name: "memfd_create", effect: opens, write: noArgs},
	unix.SYS_PIDFD_OPEN:     {name: "pidfd_open", effect: opens, write: pidArgs},

	unix.SYS_WAIT4:  {name: "waitpid", write: waitArgs},
	unix.SYS_WAITID: {name: "waitid", write: waitidArgs},

	unix.SYS_RT_SIGACTION:   {name: "sigaction", write: actionArgs, startup: true},
	unix.SYS_RT_SIGPROCMASK: {name: "sigprocmask", write: maskArgs, startup: true},
	unix.SYS_RT_SIGSUSPEND:  {name: "sigsuspend", write: noArgs},
	unix.SYS_KILL:           {name: "kill", write: killArgs},

	unix.SYS_PPOLL:        {name: "poll", write: noArgs},
	unix.SYS_PSELECT6:     {name: "select", write: noArgs},
	unix.SYS_EPOLL_PWAIT:  {name: "epoll_wait", onFD: true},
	unix.SYS_EPOLL_PWAIT2: {name: "epoll_wait", onFD: true},

	unix.SYS_EXECVE:     {name: "execve", effect: reads, write: pathArgs(0)},
	unix.SYS_EXECVEAT:   {name: "execve", effect: reads, write: pathArgs(1)},
	unix.SYS_EXIT_GROUP: {name: "exit", write: func(m *made) string { return m.number(0) }},
	unix.SYS_UNSHARE:    {name: "unshare", effect: reads, write: noArgs},
}, olderCalls)

func merge(all, more map[uint64]spec) map[uint64]spec {
	for number, one := range more {
		all[number] = one
	}
	return all
}
