package process

import (
	"context"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/faults/internal/poll"
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
		if err != nil || s.Ended() {
			live, err := h.statuses()
			return err == nil && !h.isEnding(live), UnlessGone(err)
		}
		if s.State != 'R' {
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
	var nanoseconds int64
	_, _ = fmt.Sscan(string(data), &nanoseconds) // 0 on such a kernel
	return time.Duration(nanoseconds)
}
