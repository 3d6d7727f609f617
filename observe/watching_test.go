package observe_test

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
)

// glimpse looks at descriptors, and says how long that took.
func glimpse(t *testing.T, s *observetest.Subject) (observe.Process, time.Duration) {
	t.Helper()
	begin := time.Now()
	p, err := s.Observer.Look(observe.Descriptors)
	if err != nil {
		t.Fatal(err)
	}
	return s.First(p), time.Since(begin)
}

// A server that runs may be about to close what it watches.
func TestWatcherIsLookedAtAsleep(t *testing.T) {
	s := observetest.Start(t, "epoll_bursts")
	glimpse(t, s) // shows that it watches
	for range 100 {
		p, took := glimpse(t, s)
		if p.State != observe.Sleeping && took < observe.AwakeLimit || len(p.Descriptors) == 0 || p.Name != "sleeper" {
			t.Fatalf("after %v: %+v", took, p)
		}
	}
}

// One that runs for ever, in whichever thread, is looked at all the same.
func TestRestlessWatcherIsLookedAt(t *testing.T) {
	for _, mode := range []string{"epoll_spin", "epoll_thread"} {
		t.Run(mode, func(t *testing.T) {
			s := observetest.Start(t, mode)
			glimpse(t, s)
			p, took := glimpse(t, s)
			if len(p.Descriptors) == 0 || p.Name != "sleeper" {
				t.Errorf("%+v", p)
			}
			if took < observe.AwakeSpin/2 { // the kernel adds up at its ticks
				t.Errorf("it was looked at after %v, while it ran", took)
			}
		})
	}
}

// However many run for ever, they are waited for together.
func TestRestlessCrowdIsLookedAt(t *testing.T) {
	const crowd = 100
	s := observetest.Start(t, "epoll_crowd", "100")
	glimpse(t, s)
	_, took := glimpse(t, s)
	if s.Observer.Watching() != crowd+1 {
		t.Errorf("%d watch, want %d", s.Observer.Watching(), crowd+1)
	}
	if took >= crowd*observe.AwakeLimit {
		t.Errorf("a look took %v", took)
	}
}
