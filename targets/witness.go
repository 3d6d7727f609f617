package targets

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// A Witness sees the system calls of a server that has made a TCP socket and does not
// come to listen.
type Witness interface {
	// Hopeless says why the server never will, as a clause; empty while it may.
	Hopeless() string
	// End has the server go on unseen.
	End()
}

// callWitness is how long a server that has made a TCP socket may take to listen until a
// witness is called. Whether it ever does, the witness tells.
const callWitness = 700 * time.Millisecond

// A stand is the witness of one start, once it is called.
type stand struct {
	host    *Host
	called  bool
	witness Witness
}

// hears calls the witness when it is time, and says what it has to tell.
func (s *stand) hears(ctx context.Context, now observe.Picture, taken time.Duration) string {
	if !s.called && taken >= callWitness && s.host.Call != nil && !traced(now) {
		if ids := suspects(now); len(ids) > 0 {
			s.called = true
			s.witness, _ = s.host.Call(ctx, ids) // without one the limits decide
		}
	}
	if s.witness == nil {
		return ""
	}
	return s.witness.Hopeless()
}

// end dismisses the witness.
func (s *stand) end() {
	if s.witness != nil {
		s.witness.End()
	}
}

// suspects returns the processes that hold a TCP socket which does not listen and has no
// peer. Where one sleeps in epoll_wait all are left alone: to be traced interrupts that
// call.
func suspects(now observe.Picture) []observe.ProcessID {
	var ids []observe.ProcessID
	for _, p := range now.Live() {
		if !slices.ContainsFunc(p.Descriptors, func(d observe.Descriptor) bool { return d.Kind == observe.TCPSocket }) {
			continue
		}
		if slices.ContainsFunc(p.Tasks, func(t observe.Task) bool { return strings.HasPrefix(t.Call.Name, "epoll_") || t.Tracer != 0 }) {
			return nil
		}
		ids = append(ids, p.ID)
	}
	return ids
}
