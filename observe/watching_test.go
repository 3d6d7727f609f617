package observe

import (
	"testing"
	"time"
)

// glimpse looks at descriptors, and says how long that took.
func (s *subject) glimpse() (Process, time.Duration) {
	s.t.Helper()
	begin := time.Now()
	p, err := s.observer.Look(Descriptors)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.first(p), time.Since(begin)
}

// A server that runs may be about to close what it watches.
func TestWatcherIsLookedAtAsleep(t *testing.T) {
	s := start(t, "epoll_bursts")
	s.glimpse() // shows that it watches
	for range 100 {
		p, took := s.glimpse()
		if p.State != Sleeping && took < awakeLimit || len(p.Descriptors) == 0 || p.Name != "sleeper" {
			t.Fatalf("after %v: %+v", took, p)
		}
	}
}

// One that runs for ever, in whichever thread, is looked at all the same.
func TestRestlessWatcherIsLookedAt(t *testing.T) {
	for _, mode := range []string{"epoll_spin", "epoll_thread"} {
		t.Run(mode, func(t *testing.T) {
			s := start(t, mode)
			s.glimpse()
			p, took := s.glimpse()
			if len(p.Descriptors) == 0 || p.Name != "sleeper" {
				t.Errorf("%+v", p)
			}
			if took < awakeSpin/2 { // the kernel adds up at its ticks
				t.Errorf("it was looked at after %v, while it ran", took)
			}
		})
	}
}

// However many run for ever, they are waited for together.
func TestRestlessCrowdIsLookedAt(t *testing.T) {
	const crowd = 100
	s := start(t, "epoll_crowd", "100")
	s.glimpse()
	_, took := s.glimpse()
	if len(s.observer.watching) != crowd+1 {
		t.Errorf("%d watch, want %d", len(s.observer.watching), crowd+1)
	}
	if took >= 20*awakeLimit {
		t.Errorf("a look took %v", took)
	}
}
