package trace

import (
	"slices"
	"strings"
)

// A Call is a family of system calls that do one thing: which of them a
// program makes is the business of its language and C library.
type Call string

// The families that Inject knows.
const (
	// Fork makes a process: fork, vfork, and clone and clone3 without
	// CLONE_THREAD (fork(2), clone(2)); also posix_spawn(3) and system(3).
	Fork Call = "fork"
	// Thread makes a thread: clone and clone3 with CLONE_THREAD
	// (pthread_create(3)).
	Thread Call = "thread"
	// Accept takes a connection: accept and accept4 (accept(2)).
	Accept Call = "accept"
	// Read takes bytes: read, readv, recvfrom, recvmsg, recvmmsg, and splice
	// from a socket (read(2), recv(2)).
	Read Call = "read"
	// Write gives bytes: write, writev, sendto, sendmsg, sendmmsg, sendfile,
	// and splice to a socket (write(2), send(2)).
	Write Call = "write"
	// Wait waits for a child: wait4 and waitid (wait(2)).
	Wait Call = "wait"
	// Close closes a descriptor (close(2)). It is done, and then fails: the
	// descriptor is released all the same, as close(2) says of Linux.
	Close Call = "close"
	// Poll waits for events: poll, ppoll, select, pselect6, epoll_wait,
	// epoll_pwait, epoll_pwait2 (poll(2), select(2), epoll_wait(2)).
	Poll Call = "poll"
)

// Calls are all families, in the order in which a person is shown them.
func Calls() []Call { return []Call{Fork, Thread, Accept, Read, Write, Wait, Close, Poll} }

func (c Call) known() bool { return slices.Contains(Calls(), c) }

// knownCalls lists the families for a message.
func knownCalls() string {
	names := make([]string, 0, len(Calls()))
	for _, c := range Calls() {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}
