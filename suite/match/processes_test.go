package match_test

import (
	"syscall"
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

const blockedInAccept = "parent 100 is blocked in accept(3)"

func TestZombies(t *testing.T) {
	zombies := func(g *fixture) {
		for pid := 101; pid <= 104; pid++ {
			g.forks(parentPID, pid)
			g.dies(pid)
		}
		g.forks(parentPID, 105)
	}
	withParent := func(change func(*observe.Process), m match.Matcher) func(*fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			zombies(g)
			change(g.process(parentPID))
			return m
		}
	}
	chld := observe.SignalSet(1) << (syscall.SIGCHLD - 1)
	check(t, []pair{{
		name: "with a handler",
		holds: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			g.forks(g.snapshot.Init, 102) // an orphan that the init is about to reap
			g.dies(102)
			return match.NoZombies()
		},
		fails: withParent(func(p *observe.Process) { p.Signals.Caught = chld }, match.NoZombies()),
		found: "4 zombies left: 101, 102, 103, 104",
		diagnosis: "process 100 has a handler for SIGCHLD, but it does not wait for every child that ended: " +
			"pending signals do not queue, so one SIGCHLD may stand for several children; " + blockedInAccept,
		processes: []int{100, 101, 102, 103, 104},
	}, {
		name:  "without",
		holds: func(*fixture) match.Matcher { return match.NoZombies() },
		fails: withParent(func(*observe.Process) {}, match.NoZombies()),
		found: "4 zombies left: 101, 102, 103, 104",
		diagnosis: "process 100 has no handler for SIGCHLD (its disposition is the default) and has not waited; " +
			blockedInAccept,
		processes: []int{100, 101, 102, 103, 104},
	}, {
		name:  "more than without a fault",
		holds: withParent(func(*observe.Process) {}, match.ZombiesAtMost(4)),
		fails: withParent(func(*observe.Process) {}, match.ZombiesAtMost(3)),
		found: "4 zombies left: 101, 102, 103, 104",
		diagnosis: "process 100 has no handler for SIGCHLD (its disposition is the default) and has not waited; " +
			blockedInAccept,
		processes: []int{100, 101, 102, 103, 104},
	}, {
		name:      "ignored too late",
		holds:     func(*fixture) match.Matcher { return match.Reaped(id(101)) },
		fails:     withParent(func(p *observe.Process) { p.Signals.Ignored = chld }, match.Reaped(id(101), id(102))),
		found:     "4 zombies left: 101, 102, 103, 104",
		diagnosis: "process 100 ignores SIGCHLD now, but did not when these children ended; " + blockedInAccept,
		processes: []int{100, 101, 102, 103, 104},
	}, {
		name: "still running",
		holds: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			g.dies(101)
			return match.Dead(id(101), id(102))
		},
		fails: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			g.forks(parentPID, 102)
			g.dies(102)
			return match.Dead(id(101), id(102))
		},
		found:     "1 of 2 still run: 101",
		diagnosis: "child 101 is blocked in read(4)",
		processes: []int{101},
	}, {
		name: "newProcesses still running",
		holds: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			g.forks(parentPID, 102)
			g.dies(102)
			g.forks(parentPID, 103) // a further worker
			g.keepsListener(103)
			return match.NewProcessesEnded([]observe.ProcessID{id(101)})
		},
		fails: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			return match.NewProcessesEnded(nil)
		},
		found:     "1 still run: 101",
		diagnosis: "child 101 is blocked in read(4)",
		processes: []int{101},
	}})
}

func TestRest(t *testing.T) {
	over := make(chan struct{})
	close(over)
	check(t, []pair{{
		name:  "busy",
		holds: func(g *fixture) match.Matcher { g.runs(parentPID); return match.Busy() },
		fails: func(g *fixture) match.Matcher { g.forks(parentPID, 101); return match.Busy() },
		found: "the server keeps waking up", diagnosis: blockedInAccept,
	}, {
		name:  "parent sleeps",
		holds: func(g *fixture) match.Matcher { g.forks(parentPID, 101); g.runs(101); return match.ParentSleeps() },
		fails: func(g *fixture) match.Matcher { g.runs(parentPID); return match.ParentSleeps() },
		found: "it does not", diagnosis: "process 100 is running",
	}, {
		name:  "over",
		holds: func(*fixture) match.Matcher { return match.Over("it is over", over) },
		fails: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			g.sleepsIn(parentPID, "wait4", ^uint64(0))
			return match.Over("it is over", make(chan struct{}))
		},
		found:     "not so",
		diagnosis: "parent 100 is blocked in wait4(-1): it waits for a child to end, and accepts no client until one does",
	}, {
		name:  "all",
		holds: func(*fixture) match.Matcher { return match.All(match.NoZombies(), match.Over("it is over", over)) },
		fails: func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			return match.All(match.NoZombies(), match.Dead(id(101)))
		},
		found: "1 of 1 still run: 101", diagnosis: "child 101 is blocked in read(4)", processes: []int{101},
	}})
	g := newFixture(t)
	if m := match.Never("it rests"); m.Holds(g.snapshot) || m.Explain(g.snapshot).Diagnosis != "process 100 is blocked in accept(3)" {
		t.Errorf("Never: %v", m.Explain(g.snapshot))
	}
	g.runs(parentPID)
	f := match.Busy().Explain(g.snapshot)
	if f.Found != "process 100 is running (1.5s of processor time so far)" {
		t.Errorf("Busy explains %q", f.Found)
	}
}

func TestListening(t *testing.T) {
	check(t, []pair{{
		name:  "the server has ended, and its child serves on",
		holds: func(*fixture) match.Matcher { return match.Listening() },
		fails: func(g *fixture) match.Matcher {
			g.serves(101, g.client())
			g.goes(parentPID)
			return match.Listening()
		},
		found: "no process listens on SERVER",
	}})
}

func TestPortFree(t *testing.T) {
	check(t, []pair{{
		name: "children of a server that ended on SIGTERM run on",
		holds: func(g *fixture) match.Matcher {
			g.serves(101, g.client())
			g.goes(parentPID)
			return match.PortFree()
		},
		fails:     func(*fixture) match.Matcher { return match.PortFree() },
		found:     "still listening on SERVER: process 100",
		diagnosis: "process 100 is blocked in accept(3)", processes: []int{100},
	}, {
		name: "in use",
		holds: func(g *fixture) match.Matcher {
			k := g.serverSide(g.client())
			k.State, k.Inode = observe.FinWait2, 0
			return match.PortInUse()
		},
		fails: func(*fixture) match.Matcher { return match.PortInUse() },
		found: "sockets: SERVER-invalid AddrPort LISTEN",
	}})
}

func TestOwnProcesses(t *testing.T) {
	check(t, []pair{{
		name: "a child each",
		holds: func(g *fixture) match.Matcher {
			one, two := g.client(), g.client()
			g.serves(101, one)
			g.serves(102, two)
			g.holds(102, 5, one) // inherited: no matter here
			return match.OwnProcesses(one, two)
		},
		fails: func(g *fixture) match.Matcher {
			one, two := g.client(), g.client()
			g.holds(parentPID, 4, one)
			g.holds(parentPID, 5, two)
			g.sleepsIn(parentPID, "poll", 0)
			return match.OwnProcesses(one, two)
		},
		found: "2 connections are served by process 100 alone",
		diagnosis: "this is a server of one process that multiplexes its clients with poll: " +
			"judge it with --model event",
	}, {
		name: "threads",
		holds: func(g *fixture) match.Matcher {
			one := g.client()
			g.serves(101, one)
			return match.OwnProcesses(one)
		},
		fails: func(g *fixture) match.Matcher {
			one, two := g.client(), g.client()
			g.holds(parentPID, 4, one)
			g.holds(parentPID, 5, two)
			p := g.process(parentPID)
			p.Tasks = append(p.Tasks, observe.Task{TID: 101, State: observe.Sleeping})
			return match.OwnProcesses(one, two)
		},
		found:     "2 connections are served by process 100 with 2 threads alone",
		diagnosis: "this is a threaded server: judge it with --model threads",
	}, {
		name:  "not accepted",
		holds: func(*fixture) match.Matcher { return match.OwnProcesses() },
		fails: func(g *fixture) match.Matcher {
			one, two := g.client(), g.client()
			g.holds(parentPID, 4, one)
			g.sleepsIn(parentPID, "read", 4)
			g.serverSide(two).Inode = 0
			return match.OwnProcesses(one, two)
		},
		found:     "client 2 is connected, but no process has accepted its connection",
		diagnosis: "process 100 is blocked in read(4): it serves a client itself, one at a time",
	}, {
		name: "one after another",
		holds: func(g *fixture) match.Matcher {
			one := g.client()
			g.serves(101, one)
			return match.NewChild(one, id(102))
		},
		fails: func(g *fixture) match.Matcher {
			one := g.client()
			g.serves(101, one)
			return match.NewChild(one, id(101))
		},
		found:     "it is not",
		diagnosis: "its connection is held by child 101 (FD 4); child 101 is blocked in read(4)",
		processes: []int{100, 101},
	}})
}
