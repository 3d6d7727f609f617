package trace

import (
	"fmt"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A doorbell interrupts a thread that blocks in waitid(2), for which the
// kernel offers nothing but a signal whose handler lacks SA_RESTART.
type doorbell struct {
	mu    sync.Mutex
	tid   int // of the thread to interrupt; 0 when it waits no more
	rung  int
	heard int
}

// bellSignal is a real-time signal that nothing else uses, and that Go's
// runtime catches and drops.
const bellSignal = unix.Signal(62)

// bellPause is between two attempts: the thread may have been about to block
// when the first came.
const bellPause = 200 * time.Microsecond

// kernelAction is the kernel's struct sigaction, sigaction(2).
type kernelAction struct {
	handler, flags, restorer, mask uint64
}

// Flags of sigaction(2).
const (
	saNoCldStop = 0x00000001
	saRestart   = 0x10000000
)

// prepareSignals takes SA_RESTART from the handler of the bell's signal that
// Go's runtime has installed, and has no SIGCHLD sent to this process at every
// stop of a tracee: it would wake a thread for nothing, a quarter of the cost.
var prepareSignals = sync.OnceValue(func() error {
	if err := setFlags(bellSignal, 0, saRestart); err != nil {
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
	if signal == bellSignal && action.handler <= 1 { // SIG_DFL, SIG_IGN
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

// ring returns when the thread has heard it, or is no longer there to hear.
func (b *doorbell) ring() {
	b.mu.Lock()
	b.rung++
	mine := b.rung
	b.mu.Unlock()
	for b.strike(mine) {
		<-time.After(bellPause)
	}
}

// strike sends the signal once, unless ring number n was heard.
func (b *doorbell) strike(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tid == 0 || b.heard >= n {
		return false
	}
	_ = unix.Tgkill(unix.Getpid(), b.tid, bellSignal) // tried again if not heard
	return true
}

// hear notes all rings up to now; the thread looks at what they were for next.
func (b *doorbell) hear() {
	b.mu.Lock()
	b.heard = b.rung
	b.mu.Unlock()
}

// remove makes an end of ringing.
func (b *doorbell) remove() {
	b.mu.Lock()
	b.tid = 0
	b.mu.Unlock()
}
