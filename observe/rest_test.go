package observe

import (
	"testing"
)

// Each program sleeps in another call; none can be woken by time.
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
			s := start(t, c.mode)
			p, rest := s.settled()
			if !rest.Final {
				t.Errorf("settled but not final: %q", rest.Because)
			}
			if task := s.first(p).Tasks[0]; !mentions([]string{task.Call.String()}, c.call) {
				t.Errorf("sleeps in %v, want %v", task.Call, c.call)
			}
		})
	}
}

// Each program sleeps, but time can wake it.
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
		{"signalfd_alarm", "takes alarms from its signalfd"},
		{"alarm", "catches SIGALRM"},
		{"timer", "has a POSIX timer"},
		{"timerfd", "has an armed timerfd, 3"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			_, rest := start(t, c.mode).settled()
			if rest.Final || !mentions(rest.Because, c.because) {
				t.Errorf("final %v because %q, want not final because %q", rest.Final, rest.Because, c.because)
			}
		})
	}
}

func TestRunningIsNotSettled(t *testing.T) {
	s := start(t, "spin")
	for range 5 {
		if rest := Compare(s.look(), s.look()); rest.Settled || !mentions(rest.Because, "run") {
			t.Fatalf("a program that spins: %+v", rest)
		}
	}
}

func TestTickingIsNotFinal(t *testing.T) {
	s := start(t, "tick")
	first := s.look()
	ran := func(_, later Picture) bool { return mentions(Compare(first, later).Because, "ran between the looks") }
	s.until("seen to have run", ran)
	since := s.look()
	earlier, now := s.until("a plateau", func(a, b Picture) bool { return Plateau(since, a, b) })
	if Plateau(earlier, earlier, now) && len(now.Wakers()) == 0 {
		t.Error("a plateau without a waker")
	}
	for _, w := range now.Wakers() {
		if n := w.Ended(since, now); n < 2 {
			t.Errorf("%s: ended %d times since", w.Because, n)
		}
	}
}

func TestPlateauOfAlarms(t *testing.T) {
	s := start(t, "alarm_ticks")
	since, _ := s.settled()
	s.until("a plateau", func(a, b Picture) bool { return Plateau(since, a, b) })
}

func TestNoPlateauWithoutWaking(t *testing.T) {
	s := start(t, "poll_timed")
	since, _ := s.settled()
	for range 20 {
		if a, b := s.look(), s.look(); Plateau(since, a, b) {
			t.Fatal("a plateau although the wait of 500 s never ended")
		}
	}
}

func TestStoppedIsFinal(t *testing.T) {
	for _, mode := range []string{"stop", "poll_timed", "spin", "tick"} {
		t.Run(mode, func(t *testing.T) {
			s := start(t, mode)
			s.kill(s.first(s.look()).ID.PID, 19)
			s.until("stopped", func(_, b Picture) bool { return s.first(b).State == Stopped })
			if p, rest := s.settled(); !rest.Final || s.first(p).State != Stopped {
				t.Errorf("%v, %+v", s.first(p).State, rest)
			}
		})
	}
}

// After SIGSTOP and SIGCONT the kernel shows poll as restart_syscall.
func TestPollAfterStop(t *testing.T) {
	for mode, final := range map[string]bool{"poll": true, "poll_timed": false} {
		t.Run(mode, func(t *testing.T) {
			s := start(t, mode)
			p, _ := s.settled()
			s.kill(s.first(p).ID.PID, 19)
			s.until("stopped", func(_, b Picture) bool { return s.first(b).State == Stopped })
			s.kill(s.first(p).ID.PID, 18)
			s.until("continued", func(_, b Picture) bool { return s.first(b).State == Sleeping })
			p, rest := s.settled()
			if call := s.first(p).Tasks[0].Call; call.Name != "poll" || rest.Final != final {
				t.Errorf("%v (number %d), %+v", call, call.Number, rest)
			}
		})
	}
}

func TestPendingSignals(t *testing.T) {
	t.Run("blocked", func(t *testing.T) {
		s := start(t, "blocked")
		p, _ := s.settled()
		s.kill(s.first(p).ID.PID, 10)
		p, rest := s.settled()
		if q := s.first(p); !rest.Final || !q.Signals.Pending.Has(10) || !q.Tasks[0].Blocked.Has(10) {
			t.Errorf("%+v: %+v", q, rest)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		s := start(t, "stop")
		p, _ := s.settled()
		s.kill(s.first(p).ID.PID, 15)
		p, rest := s.settled()
		if !rest.Final || !s.first(p).Signals.Pending.Has(15) {
			t.Errorf("%+v: %+v", s.first(p), rest)
		}
	})
}

func TestNewZombieIsChange(t *testing.T) {
	s := start(t, "wait")
	before, _ := s.settled()
	child := before.Processes[1].ID.PID
	s.kill(s.first(before).ID.PID, 19) // so that it does not reap
	s.until("stopped", func(_, b Picture) bool { return s.first(b).State == Stopped })
	s.kill(child, 9)
	_, after := s.until("a zombie", func(_, b Picture) bool { return len(b.Zombies()) == 1 })
	if rest := Compare(before, after); rest.Settled || !mentions(rest.Because, "is now zombie") {
		t.Errorf("%+v", rest)
	}
	if p, rest := s.settled(); !rest.Final || len(p.Zombies()) != 1 || len(p.Live()) != 1 {
		t.Errorf("%+v", rest)
	}
}
