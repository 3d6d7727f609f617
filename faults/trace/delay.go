package trace

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/forkproof/forkproof/internal/crash"
)

// beginDelay holds a tracee at the entry of its call.
func (tr *tracer) beginDelay(t *tracee, i *interception) {
	i.over = new(atomic.Bool)
	i.injection.delaying++
	consume(t.tid)
	crash.Go(func() { tr.awaitDelay(i.injection.Injection, i.over) })
	tr.addHit(t, i, fmt.Sprintf("delayed %v", i.injection.Delay))
}

// awaitDelay sets over when a delay has ended, unless the tracer ends before.
func (tr *tracer) awaitDelay(i Injection, over *atomic.Bool) {
	select {
	case <-time.After(i.Delay):
	case <-tr.log.done:
		return
	}
	if i.Until != nil {
		select {
		case <-i.Until:
		case <-tr.log.done:
			return
		}
	}
	over.Store(true)
	tr.interrupter.interrupt()
}

// resumeDelayed resumes the tracees whose delay has ended.
func (tr *tracer) resumeDelayed() {
	for _, t := range tr.tracees {
		if t.delayed() && t.interception.over.Load() {
			_ = tr.endDelay(t) // ESRCH: it was killed; its end comes next
		}
	}
}

// endDelay makes the kernel carry out the call of a tracee that was held, or lets the
// tracee go on after it.
func (tr *tracer) endDelay(t *tracee) error {
	if t.interception.held != nil {
		return tr.release(t)
	}
	t.endInterception()
	tr.detachWhenComplete()
	return tr.resume(t, 0)
}
