package rest_test

import (
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
	"github.com/forkproof/forkproof/observe/rest"
)

// Each program sleeps in another call, and nothing but an event wakes it.
func TestFinal(t *testing.T) {
	for _, c := range []struct{ mode, call string }{
		{"pause", "pause()"},
		{"read_pipe", "read(3)"},
		{"accept", "accept(3)"},
		{"wait", "wait4(-1)"},
		{"poll", "poll(no timeout)"},
		{"ppoll", "ppoll(no timeout)"},
		{"select", "no timeout"}, // select or pselect6, as the C library likes
		{"epoll", "epoll_wait(3)"},
		{"semaphore", "futex(no timeout)"},
		{"sigwait", "rt_sigtimedwait(no timeout)"},
		{"timerfd_unarmed", "pause()"},
		{"ignored", "pause()"},
		{"vfork", "vfork()"},
		{"daemon", "pause()"},
		{"zombie", "pause()"},
		{"leader_gone", "pause()"},
		{"thread_child", "pause()"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			s := observetest.Start(t, c.mode)
			p, got := s.Settled()
			if !got.Final {
				t.Errorf("settled but not final: %q", got.Because)
			}
			if task := s.First(p).Tasks[0]; !mentions([]string{task.Call.String()}, c.call) {
				t.Errorf("sleeps in %v, want %v", task.Call, c.call)
			}
		})
	}
}

// Each program sleeps, and a timeout or timer can wake it.
func TestSettledNotFinal(t *testing.T) {
	for _, c := range []struct{ mode, because string }{
		{"poll_timed", "poll(timeout 8m20s)"},
		{"ppoll_timed", "ppoll(timeout 8m"}, // the C library passes a copy
		{"select_timed", "timeout 8m"},
		{"epoll_timed", "epoll_wait(3, timeout 8m20s)"},
		{"nanosleep", "clock_nanosleep(timeout 8m20s)"},
		{"semaphore_timed", "futex(with a timeout)"},
		{"accept_timeout", "accept(3, timeout 8m20s)"},
		{"sigwait_alarm", "rt_sigtimedwait(with a timeout)"},
		{"signalfd_alarm", "reads alarm signals from its signalfd, descriptor"},
		{"alarm", "catches SIGALRM"},
		{"timer", "has a POSIX timer"},
		{"timerfd", "has an armed timerfd, descriptor 3"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			_, got := observetest.Start(t, c.mode).Settled()
			if got.Final || !mentions(got.Because, c.because) {
				t.Errorf("final %v because %q, want not final because %q", got.Final, got.Because, c.because)
			}
		})
	}
}

func TestRunningIsNotSettled(t *testing.T) {
	s := observetest.Start(t, "spin")
	for range 5 {
		if got := rest.Compare(s.Look(), s.Look()); got.Settled || !mentions(got.Because, "run") {
			t.Fatalf("a program that spins: %+v", got)
		}
	}
}

func TestTicksAreNotFinal(t *testing.T) {
	s := observetest.Start(t, "tick")
	first := s.Look()
	ran := func(_, later observe.Picture) bool {
		return mentions(rest.Compare(first, later).Because, "ran between the looks")
	}
	s.Until("seen to have run", ran)
	since := s.Look()
	earlier, now := s.Until("steady", func(a, b observe.Picture) bool { return rest.Steady(since, a, b) })
	if rest.Steady(earlier, earlier, now) && len(rest.WakeSources(now)) == 0 {
		t.Error("steady without a wake source")
	}
	for _, w := range rest.WakeSources(now) {
		if n := w.Wakeups(since, now); n < 2 {
			t.Errorf("%s: ended %d times since", w.Because, n)
		}
	}
}

func TestAlarmsAreSteady(t *testing.T) {
	s := observetest.Start(t, "alarm_ticks")
	since, _ := s.Settled()
	s.Until("steady", func(a, b observe.Picture) bool { return rest.Steady(since, a, b) })
}

func TestNotSteadyBeforeATimeout(t *testing.T) {
	s := observetest.Start(t, "poll_timed")
	since, _ := s.Settled()
	for range 20 {
		if a, b := s.Look(), s.Look(); rest.Steady(since, a, b) {
			t.Fatal("steady although the timeout of 500 s has not ended")
		}
	}
}

func TestStoppedIsFinal(t *testing.T) {
	for _, mode := range []string{"stop", "poll_timed", "spin", "tick"} {
		t.Run(mode, func(t *testing.T) {
			s := observetest.Start(t, mode)
			s.Kill(s.First(s.Look()).ID.PID, 19)
			s.Until("stopped", func(_, b observe.Picture) bool { return s.First(b).State == observe.Stopped })
			if p, got := s.Settled(); !got.Final || s.First(p).State != observe.Stopped {
				t.Errorf("%v, %+v", s.First(p).State, got)
			}
		})
	}
}

// After SIGSTOP and SIGCONT the kernel shows poll as restart_syscall.
func TestPollAfterStop(t *testing.T) {
	for mode, final := range map[string]bool{"poll": true, "poll_timed": false} {
		t.Run(mode, func(t *testing.T) {
			s := observetest.Start(t, mode)
			p, _ := s.Settled()
			s.Kill(s.First(p).ID.PID, 19)
			s.Until("stopped", func(_, b observe.Picture) bool { return s.First(b).State == observe.Stopped })
			s.Kill(s.First(p).ID.PID, 18)
			s.Until("continued", func(_, b observe.Picture) bool { return s.First(b).State == observe.Sleeping })
			p, got := s.Settled()
			if call := s.First(p).Tasks[0].Call; call.Name != "poll" || got.Final != final {
				t.Errorf("%v (number %d), %+v", call, call.Number, got)
			}
		})
	}
}

func TestPendingSignals(t *testing.T) {
	t.Run("blocked", func(t *testing.T) {
		s := observetest.Start(t, "blocked")
		p, _ := s.Settled()
		s.Kill(s.First(p).ID.PID, 10)
		p, got := s.Settled()
		if q := s.First(p); !got.Final || !q.Signals.Pending.Has(10) || !q.Tasks[0].Blocked.Has(10) {
			t.Errorf("%+v: %+v", q, got)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		s := observetest.Start(t, "stop")
		p, _ := s.Settled()
		s.Kill(s.First(p).ID.PID, 15)
		p, got := s.Settled()
		if !got.Final || !s.First(p).Signals.Pending.Has(15) {
			t.Errorf("%+v: %+v", s.First(p), got)
		}
	})
}

func TestNewZombieIsChange(t *testing.T) {
	s := observetest.Start(t, "wait")
	before, _ := s.Settled()
	child := before.Processes[1].ID.PID
	s.Kill(s.First(before).ID.PID, 19) // so that it does not reap
	s.Until("stopped", func(_, b observe.Picture) bool { return s.First(b).State == observe.Stopped })
	s.Kill(child, 9)
	_, after := s.Until("a zombie", func(_, b observe.Picture) bool { return len(b.Zombies()) == 1 })
	if got := rest.Compare(before, after); got.Settled || !mentions(got.Because, "is now zombie") {
		t.Errorf("%+v", got)
	}
	if p, got := s.Settled(); !got.Final || len(p.Zombies()) != 1 || len(p.Live()) != 1 {
		t.Errorf("%+v", got)
	}
}
