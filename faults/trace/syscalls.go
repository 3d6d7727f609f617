package trace

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
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

// A signature is one system call as a member of a family.
type signature struct {
	name   string
	family Family
	// fd is the argument that is the descriptor; none when there is none.
	fd int
	// length is where the call says how many bytes it asks for.
	length length
}

const none = -1

// A length is the kind of argument with the number of bytes, and its index.
type length struct {
	kind lengthKind
	arg  int // the number, the array, or the message
}

type lengthKind int

const (
	unknown lengthKind = iota
	plain              // the argument is the number of bytes
	vector             // the argument is an array of struct iovec; the next one is its length
	message            // the argument is a struct msghdr
)

// signatures are the known system calls by number. The family of a call with two
// signatures depends on its arguments.
var signatures = merge(map[uint64][]signature{
	unix.SYS_CLONE:  {{name: "clone", family: Fork, fd: none}, {name: "clone", family: Thread, fd: none}},
	unix.SYS_CLONE3: {{name: "clone3", family: Fork, fd: none}, {name: "clone3", family: Thread, fd: none}},

	unix.SYS_ACCEPT:  {{name: "accept", family: Accept}},
	unix.SYS_ACCEPT4: {{name: "accept4", family: Accept}},

	unix.SYS_READ:     {{"read", Read, 0, length{plain, 2}}},
	unix.SYS_READV:    {{"readv", Read, 0, length{vector, 1}}},
	unix.SYS_RECVFROM: {{"recvfrom", Read, 0, length{plain, 2}}},
	unix.SYS_RECVMSG:  {{"recvmsg", Read, 0, length{message, 1}}},
	unix.SYS_RECVMMSG: {{name: "recvmmsg", family: Read}},

	unix.SYS_WRITE:    {{"write", Write, 0, length{plain, 2}}},
	unix.SYS_WRITEV:   {{"writev", Write, 0, length{vector, 1}}},
	unix.SYS_SENDTO:   {{"sendto", Write, 0, length{plain, 2}}},
	unix.SYS_SENDMSG:  {{"sendmsg", Write, 0, length{message, 1}}},
	unix.SYS_SENDMMSG: {{name: "sendmmsg", family: Write}},
	unix.SYS_SENDFILE: {{"sendfile", Write, 0, length{plain, 3}}},

	unix.SYS_SPLICE: {{"splice", Read, 0, length{plain, 4}}, {"splice", Write, 2, length{plain, 4}}},

	unix.SYS_WAIT4:  {{name: "wait4", family: Wait, fd: none}},
	unix.SYS_WAITID: {{name: "waitid", family: Wait, fd: none}},

	unix.SYS_CLOSE: {{name: "close", family: Close}},

	unix.SYS_PPOLL:        {{name: "ppoll", family: Poll, fd: none}},
	unix.SYS_PSELECT6:     {{name: "pselect6", family: Poll, fd: none}},
	unix.SYS_EPOLL_PWAIT:  {{name: "epoll_pwait", family: Poll, fd: none}},
	unix.SYS_EPOLL_PWAIT2: {{name: "epoll_pwait2", family: Poll, fd: none}},
}, olderSignatures)

func merge(all, more map[uint64][]signature) map[uint64][]signature {
	for number, list := range more {
		all[number] = list
	}
	return all
}

// descriptor returns the one that the call is made on; none when there is none.
func (s signature) descriptor(info *syscallInfo) int {
	if s.fd == none {
		return none
	}
	return int(int32(info.arg(s.fd)))
}

// applies reports whether a call with two signatures has this one.
func (s signature) applies(tid int, info *syscallInfo) bool {
	switch s.name {
	case "clone", "clone3":
		flags := info.arg(0)
		if s.name == "clone3" {
			var err error
			// The first member of struct clone_args. If it cannot be read, the call fails.
			if flags, err = readWord(tid, info.arg(0)); err != nil {
				return false
			}
		}
		return (flags&unix.CLONE_THREAD != 0) == (s.family == Thread)
	case "splice":
		return AnySocket()(tid, s.descriptor(info))
	}
	return true
}

// A skip keeps the kernel from carrying out a call. The call keeps its number, as a
// seccomp filter may kill the server for another one.
type skip struct {
	arg   int    // the argument that is spoiled; none when the number is dropped
	value uint64 // what it was
}

// skip spoils an argument, so that the kernel refuses the call at once.
func (s signature) skip(tid int, info *syscallInfo) (*skip, error) {
	arg, value := s.spoiled()
	if arg == none {
		return &skip{arg: none}, dropNumber(tid)
	}
	return &skip{arg, info.arg(arg)}, setArgument(tid, arg, value)
}

// undo puts the argument back, at the exit of the call.
func (s *skip) undo(tid int) error {
	if s == nil || s.arg == none {
		return nil
	}
	return setArgument(tid, s.arg, s.value)
}

// filtered reports whether a seccomp filter kills the thread for the number that was
// dropped: the signal is pending at the exit of the call.
func (s *skip) filtered(tid int) bool {
	return s != nil && s.arg == none && procfile.PendingFor(tid, unix.SIGSYS)
}

// spoiled returns an argument and a value with which the kernel refuses the call
// before it does anything; none for calls without arguments.
func (s signature) spoiled() (arg int, value uint64) {
	const invalid = ^uint64(0)
	switch s.name {
	case "clone":
		return 0, unix.CLONE_SIGHAND // EINVAL without CLONE_VM
	case "clone3":
		return 1, 0 // the size of struct clone_args
	case "fork", "vfork":
		return none, 0
	case "wait4":
		return 2, invalid // options
	case "waitid":
		return 3, invalid // options
	case "poll", "ppoll":
		return 1, invalid // more descriptors than any limit allows
	case "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2":
		return 0, invalid
	}
	return s.fd, invalid // EBADF
}

// mayBlock says whether a call may wait for something. A write to standard output or
// error, which forkproof reads, does not count.
func mayBlock(number uint64, args [6]uint64) bool {
	const output, errors = 1, 2
	switch number {
	case unix.SYS_WRITE, unix.SYS_WRITEV:
		return args[0] != output && args[0] != errors
	case unix.SYS_WAIT4:
		return args[2]&unix.WNOHANG == 0
	}
	for _, call := range blocking {
		for _, s := range signatures[number] {
			if s.family == call {
				return true
			}
		}
	}
	switch number {
	case unix.SYS_NANOSLEEP, unix.SYS_CLOCK_NANOSLEEP, unix.SYS_FUTEX, unix.SYS_RT_SIGSUSPEND, unix.SYS_RT_SIGTIMEDWAIT,
		unix.SYS_CONNECT, unix.SYS_FLOCK, unix.SYS_EXIT, unix.SYS_EXIT_GROUP, unix.SYS_EXECVE, unix.SYS_KILL, unix.SYS_TGKILL:
		return true
	}
	return slices.Contains(olderBlocking, number)
}

// blocking are the families whose calls may block.
var blocking = []Family{Accept, Read, Write, Wait, Poll}
