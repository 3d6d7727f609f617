package process

import (
	"context"
	"time"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/proc"
)

// busy is how much processor time a process uses before AwaitSleep takes it for
// one that does not sleep.
const busy = 10 * time.Millisecond

// AwaitSleep waits, after a signal was delivered, until the first thread of the
// process sleeps, or has used 10 ms of processor time, or the process has ended.
func (h *Handle) AwaitSleep(ctx context.Context) (ended bool, err error) {
	if h.asleep {
		return false, nil
	}
	running, begin := false, time.Duration(0)
	err = poll.Quick.Until(ctx, func() (bool, error) {
		var err error
		if ended, err = h.Ended(); ended || err != nil {
			return true, err
		}
		s, err := h.firstThread()
		if err != nil || !s.State.Alive() {
			live, err := h.statuses()
			return err == nil && !h.isEnding(live), UnlessGone(err)
		}
		if s.State != proc.Running {
			return true, nil
		}
		if !running {
			running, begin = true, h.processorTime()
		}
		return h.processorTime() >= begin+busy, nil
	})
	return ended, err
}

// processorTime returns how long the first thread has run on a processor; 0 on
// a kernel that does not count it.
func (h *Handle) processorTime() time.Duration {
	data, err := h.read("schedstat")
	if err != nil {
		return 0
	}
	return proc.ParseSchedstat(data)
}
