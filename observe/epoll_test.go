package observe_test

import (
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
)

// timedLook looks at descriptors, and returns the program and how long that took.
func timedLook(t *testing.T, s *observetest.Subject) (observe.Process, time.Duration) {
	t.Helper()
	begin := time.Now()
	p, err := s.Observer.Look(observe.Descriptors)
	if err != nil {
		t.Fatal(err)
	}
	return s.First(p), time.Since(begin)
}

// A server that runs may be about to close what its epoll descriptor watches.
func TestEpollUserIsReadAsleep(t *testing.T) {
	s := observetest.Start(t, "epoll_bursts")
	timedLook(t, s) // shows that it uses epoll
	for range 100 {
		p, took := timedLook(t, s)
		if p.State != observe.Sleeping && took < observe.RunningLimit || len(p.Descriptors) == 0 || p.Name != "sleeper" {
			t.Fatalf("after %v: %+v", took, p)
		}
	}
}

// A busy loop, in any thread, is read while it runs.
func TestBusyEpollUserIsRead(t *testing.T) {
	for _, mode := range []string{"epoll_spin", "epoll_thread"} {
		t.Run(mode, func(t *testing.T) {
			s := observetest.Start(t, mode)
			timedLook(t, s)
			p, took := timedLook(t, s)
			if len(p.Descriptors) == 0 || p.Name != "sleeper" {
				t.Errorf("%+v", p)
			}
			if took < observe.BusyLoopTime/2 { // the kernel adds up at its ticks
				t.Errorf("it was read after %v, while it ran", took)
			}
		})
	}
}

// One limit holds for all busy loops together.
func TestBusyCrowdIsRead(t *testing.T) {
	const crowd = 100
	s := observetest.Start(t, "epoll_crowd", "100")
	timedLook(t, s)
	_, took := timedLook(t, s)
	if s.Observer.EpollUsers() != crowd+1 {
		t.Errorf("%d use epoll, want %d", s.Observer.EpollUsers(), crowd+1)
	}
	if took >= crowd*observe.RunningLimit {
		t.Errorf("a look took %v", took)
	}
}
