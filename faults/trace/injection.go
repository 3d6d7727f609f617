package trace

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
)

// An Injection changes system calls of a running server from outside, with
// ptrace(2). At most one of Errno, Short and Delay is set. With none of them the
// calls are counted and pass unchanged, which is the control.
type Injection struct {
	// Family is the calls that it changes.
	Family Family
	// Errno is the error with which the call fails. The kernel does not carry the
	// call out (but see Close): an accept(2) that fails so leaves the connection
	// in the queue, and the next accept takes it.
	Errno unix.Errno
	// Short is the most bytes that a Read or Write transfers. The kernel transfers
	// them, so that the count is true. A hit is only a call that asked for more and
	// transferred just that many.
	Short int
	// Delay is how long the call is held before the kernel carries it out. It
	// counts as a hit when the delay begins; Undo ends the delay early.
	Delay time.Duration
	// Until, with Delay, holds the call until this channel is closed, too. nil:
	// nothing besides the delay.
	Until <-chan struct{}
	// Hold, with Errno, stops the thread when the call has failed and has returned from
	// the shared C library into the program, until this channel is closed. The signals
	// that have come by then are delivered there, each a Hit, see Delivered. The error
	// is a NoLibrary when the program makes the call itself. nil: it goes on at once.
	Hold <-chan struct{}
	// Times is how often it hits; after that nothing is traced any more. 0: until
	// Undo.
	Times int
	// On selects calls by their descriptor; nil selects all. It is for families
	// whose calls have one: not for Fork, Thread, Wait and Poll.
	On DescriptorFilter
	// In selects calls by their process; nil selects every traced one.
	In func(pid int) bool
	// Follow makes it hit children, too, that are forked while it is armed.
	Follow bool
	// Look, if not nil, is called at each hit by the thread of the tracer, while the
	// thread that made the call is stopped in it: it must not block. What it returns is
	// Hit.Looked.
	Look func(pid, tid int) any
	// If is asked at each call that it would hit; nil is yes. The tracer calls it
	// while the server is stopped: it must not block.
	If func() bool
}

// Check returns what makes no sense in an injection.
func (i Injection) Check() error {
	kinds := 0
	for _, set := range []bool{i.Errno != 0, i.Short != 0, i.Delay != 0} {
		if set {
			kinds++
		}
	}
	if _, err := ParseFamily(string(i.Family)); err != nil {
		return err
	}
	switch {
	case kinds > 1:
		return errors.New("a call either fails, or is shortened, or is delayed")
	case i.Errno != 0 && unix.ErrnoName(i.Errno) == "":
		return fmt.Errorf("unknown error number %d", int(i.Errno))
	case i.Hold != nil && i.Errno == 0:
		return errors.New("only a call that fails is held at its return")
	case i.Short < 0 || i.Delay < 0 || i.Times < 0:
		return errors.New("bytes, delay and times cannot be negative")
	case i.Short > 0 && !i.Family.Transfers():
		return fmt.Errorf("only read and write can be shortened, not %s", i.Family)
	case i.On != nil && !i.Family.OnDescriptor():
		return fmt.Errorf("%s is not called on a descriptor", i.Family)
	}
	return nil
}

// A DescriptorFilter selects calls of the thread tid by the descriptor that they
// are made on.
type DescriptorFilter func(tid, fd int) bool

// Descriptor selects the calls on descriptor number n.
func Descriptor(n int) DescriptorFilter { return func(_, fd int) bool { return fd == n } }

// AnySocket selects the calls on sockets of any kind.
func AnySocket() DescriptorFilter {
	return func(tid, fd int) bool { return strings.HasPrefix(procfile.Link(tid, fd), "socket:[") }
}

// Socket selects the calls on the socket with an inode number, through any
// descriptor (proc_pid_fd(5)).
func Socket(inode uint64) DescriptorFilter {
	want := fmt.Sprintf("socket:[%d]", inode)
	return func(tid, fd int) bool { return procfile.Link(tid, fd) == want }
}
