package trace

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// An Injection is a fault in the system calls of a running server, made from
// outside with ptrace(2). At most one of Errno, Short and Delay is set; with
// none of them the calls are only counted and let pass, which is the control.
type Injection struct {
	// Call is the family of calls that the fault hits.
	Call Call
	// Errno is what the call fails with. The kernel does not carry it out
	// (but see Close): an accept(2) that fails so leaves the connection in the
	// queue, and the next one takes it.
	Errno unix.Errno
	// Short is the greatest number of bytes that a Read or Write is let
	// transfer. The kernel does it, so that the count is true. Only a call
	// that wanted more and got just that many is a hit.
	Short int
	// Delay is how long the call is held back before it is carried out. The
	// hit is there when the delay begins; Undo ends it early.
	Delay time.Duration
	// Until, with Delay, is what the call waits for besides: it is held back
	// until this is closed, too. nil for nothing.
	Until <-chan struct{}
	// Times is how often it hits; after that nothing is traced any more.
	// 0: until it is undone.
	Times int
	// On chooses by the descriptor; nil is any. It is for calls that have one:
	// not for Fork, Thread, Wait and Poll.
	On FD
	// In chooses by the process; nil is any that is traced.
	In func(pid int) bool
	// Follow makes it hit children, too, that are forked while it is armed.
	Follow bool
	// If is asked at each call that would be hit; nil is yes. It is called by
	// the tracer while the server is stopped, and must not block.
	If func() bool
}

// check says what makes no sense in an injection.
func (i Injection) check() error {
	kinds := 0
	for _, set := range []bool{i.Errno != 0, i.Short != 0, i.Delay != 0} {
		if set {
			kinds++
		}
	}
	switch {
	case !i.Call.known():
		return fmt.Errorf("inject: unknown call %q: known are %s", string(i.Call), knownCalls())
	case kinds > 1:
		return errors.New("inject: a call either fails, or is shortened, or is delayed")
	case i.Errno != 0 && unix.ErrnoName(i.Errno) == "":
		return fmt.Errorf("inject: unknown error number %d", int(i.Errno))
	case i.Short < 0 || i.Delay < 0 || i.Times < 0:
		return errors.New("inject: bytes, delay and times cannot be negative")
	case i.Short > 0 && i.Call != Read && i.Call != Write:
		return fmt.Errorf("inject: only read and write can be shortened, not %s", i.Call)
	case i.On != nil && !i.Call.onDescriptor():
		return fmt.Errorf("inject: %s is not called on a descriptor", i.Call)
	}
	return nil
}

func (c Call) onDescriptor() bool {
	return c == Accept || c == Read || c == Write || c == Close
}

// An FD chooses calls by the descriptor they are made on, of the thread tid.
type FD func(tid, fd int) bool
