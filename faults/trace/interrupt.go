package trace

import (
	"context"
	"fmt"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
)

// An interrupter interrupts the tracer, which blocks in waitid(2). The kernel
// offers nothing for that but a signal whose handler lacks SA_RESTART.
type interrupter struct {
	mu        sync.Mutex
	tid       int // the thread of the tracer; 0 when it does not wait any more
	requested int // interruptions that were asked for
	seen      int // and those after which the tracer has looked
}

// interruptSignal is a real-time signal that nothing else uses, and that Go's
// runtime catches and drops.
const interruptSignal = unix.Signal(62)

// again is how long interrupt waits before it sends the signal once more: the
// thread may not have blocked yet when the first one came.
var again = poll.Backoff{First: 200 * time.Microsecond, Last: 200 * time.Microsecond}

// start makes the calling thread the one that is interrupted.
func (i *interrupter) start() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tid = unix.Gettid()
}

// interrupt returns when the thread has looked again, or has stopped.
func (i *interrupter) interrupt() {
	i.mu.Lock()
	i.requested++
	mine := i.requested
	i.mu.Unlock()
	_ = again.Until(context.Background(), func() (bool, error) { return !i.signal(mine), nil })
}

// signal sends the signal, unless interruption n was seen.
func (i *interrupter) signal(n int) (sent bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.tid == 0 || i.seen >= n {
		return false
	}
	_ = unix.Tgkill(unix.Getpid(), i.tid, interruptSignal) // sent again if it is not seen
	return true
}

// acknowledge marks every interruption up to now as seen. The thread calls it
// before it looks at what they were for.
func (i *interrupter) acknowledge() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.seen = i.requested
}

// stop ends every interruption.
func (i *interrupter) stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.tid = 0
}

// kernelAction is the kernel's struct sigaction, sigaction(2).
type kernelAction struct {
	handler, flags, restorer, mask uint64
}

// Flags of sigaction(2).
const (
	saNoCldStop = 0x00000001
	saRestart   = 0x10000000
)

// prepareSignals removes SA_RESTART from the handler of interruptSignal that Go's
// runtime has installed. It also makes the kernel send this process no SIGCHLD at
// each stop of a tracee: that would wake a thread for nothing, a quarter of the cost.
var prepareSignals = sync.OnceValue(func() error {
	if err := setFlags(interruptSignal, 0, saRestart); err != nil {
		return err
	}
	return setFlags(unix.SIGCHLD, saNoCldStop, 0)
})

// setFlags changes the flags of a signal's action and nothing else of it.
func setFlags(signal unix.Signal, set, unset uint64) error {
	var action kernelAction
	if err := sigaction(signal, nil, &action); err != nil {
		return fmt.Errorf("sigaction %d: %w", signal, err)
	}
	if signal == interruptSignal && action.handler <= 1 { // SIG_DFL, SIG_IGN
		return fmt.Errorf("sigaction %d: Go's runtime does not catch it", signal)
	}
	action.flags = action.flags&^unset | set
	if err := sigaction(signal, &action, nil); err != nil {
		return fmt.Errorf("sigaction %d: %w", signal, err)
	}
	return nil
}

func sigaction(signal unix.Signal, set, get *kernelAction) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(signal),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(get)), unsafe.Sizeof(kernelAction{}.mask), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
