package denial

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
)

// loops is how many calls of accept that fail for want of listen show that the server is
// in its loop, and past the place where it would have called listen.
const loops = 3

// unlistened counts the calls of accept on sockets that do not listen.
type unlistened struct {
	calls int
	last  trace.Call
}

// take looks at one call, and says whether the server is past listen.
func (u *unlistened) take(call trace.Call) bool {
	switch {
	case call.Name == "listen":
		*u = unlistened{}
	case call.Errno == unix.EINVAL && (call.Name == "accept" || call.Name == "accept4"):
		u.calls, u.last = u.calls+1, call
	}
	return u.calls >= loops
}

// Watch has what a server does on its way to listen seen from now on: it is what
// targets.Host calls. A server that accepts in a loop from a socket that does not
// listen does not call listen any more. The error says why its calls cannot be seen.
func Watch(ctx context.Context, ids []observe.ProcessID) (targets.Witness, error) {
	w := &witness{}
	processes := make([]process.ID, len(ids))
	for i, id := range ids {
		processes[i] = process.ID(id)
	}
	recording, err := trace.Record(ctx, processes, w.take)
	if err != nil {
		return nil, err
	}
	w.recording = recording
	return w, nil
}

type witness struct {
	recording *trace.Injected
	mu        sync.Mutex
	seen      unlistened
}

func (w *witness) take(call trace.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen.take(call)
}

// Hopeless implements targets.Witness.
func (w *witness) Hopeless() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen.calls < loops {
		return ""
	}
	c := w.seen.last
	return fmt.Sprintf("%d calls %s(%d) again and again, which fails with EINVAL, as that socket does not listen", c.PID, c.Name, int32(c.Args[0]))
}

// End implements targets.Witness.
func (w *witness) End() { _ = w.recording.Undo() }
