package trace

import (
	"fmt"
	"slices"
	"strings"
)

// A Family is the system calls that do one thing. Which of them a program makes
// depends on its language and C library.
type Family string

// The families that Inject knows.
const (
	// Fork makes a process: fork, vfork, and clone and clone3 without
	// CLONE_THREAD (fork(2), clone(2)); also posix_spawn(3) and system(3).
	Fork Family = "fork"
	// Thread makes a thread: clone and clone3 with CLONE_THREAD
	// (pthread_create(3)).
	Thread Family = "thread"
	// Accept takes a connection: accept and accept4 (accept(2)).
	Accept Family = "accept"
	// Read receives bytes: read, readv, recvfrom, recvmsg, recvmmsg, and splice
	// from a socket (read(2), recv(2)).
	Read Family = "read"
	// Write sends bytes: write, writev, sendto, sendmsg, sendmmsg, sendfile, and
	// splice to a socket (write(2), send(2)).
	Write Family = "write"
	// Wait waits for a child: wait4 and waitid (wait(2)).
	Wait Family = "wait"
	// Close closes a descriptor (close(2)). When it is made to fail, the kernel
	// carries it out first: close(2) says that Linux releases the descriptor all
	// the same.
	Close Family = "close"
	// Poll waits for events: poll, ppoll, select, pselect6, epoll_wait,
	// epoll_pwait, epoll_pwait2 (poll(2), select(2), epoll_wait(2)).
	Poll Family = "poll"
)

// Families returns all families, in the order in which a message lists them.
func Families() []Family {
	return []Family{Fork, Thread, Accept, Read, Write, Wait, Close, Poll}
}

// ParseFamily returns the family with a name. The error lists those that exist.
func ParseFamily(name string) (Family, error) {
	if f := Family(name); slices.Contains(Families(), f) {
		return f, nil
	}
	return "", fmt.Errorf("unknown call %q: known are %s", name, FamilyNames())
}

// FamilyNames lists the families for a message: "fork, thread, …".
func FamilyNames() string {
	names := make([]string, 0, len(Families()))
	for _, f := range Families() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}

// OnDescriptor reports whether the calls of the family are made on a descriptor.
func (f Family) OnDescriptor() bool {
	return f == Accept || f.Transfers() || f == Close
}

// Transfers reports whether the calls of the family transfer bytes, and so can
// transfer fewer.
func (f Family) Transfers() bool { return f == Read || f == Write }
