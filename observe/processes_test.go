package observe_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
	"github.com/forkproof/forkproof/observe/rest"
)

func ids(p observe.Picture) []observe.ProcessID {
	var list []observe.ProcessID
	for _, q := range p.Processes {
		list = append(list, q.ID)
	}
	return list
}

func TestDaemonStaysInTheTree(t *testing.T) {
	s := observetest.Start(t, "daemon")
	p, _ := s.Settled()
	d := s.First(p)
	if len(p.Processes) != 1 || d.Parent != s.Subreaper || d.Session == d.ID.PID || d.Name != "sleeper" {
		t.Errorf("%+v", p.Processes)
	}
}

func TestChildOfThread(t *testing.T) {
	p, _ := observetest.Start(t, "thread_child").Settled()
	if len(p.Processes) != 2 || p.Processes[1].Parent != p.Processes[0].ID.PID || len(p.Processes[0].Tasks) != 2 {
		t.Errorf("%+v", p.Processes)
	}
}

// A first thread that exited while another lives on is no zombie.
func TestLeaderGone(t *testing.T) {
	s := observetest.Start(t, "leader_gone")
	s.Until("without its first thread", func(_, b observe.Picture) bool {
		return len(s.First(b).Tasks) == 1 && s.First(b).Tasks[0].TID != s.First(b).ID.PID
	})
	p, _ := s.Settled()
	q := s.First(p)
	if !q.Alive() || q.State != observe.Sleeping || len(p.Zombies()) != 0 {
		t.Errorf("%+v", q)
	}
	if state, err := observe.ReadState(q.ID.PID); state != observe.Sleeping || err != nil {
		t.Errorf("ReadState: %v, %v", state, err)
	}
}

func TestZombie(t *testing.T) {
	s := observetest.Start(t, "zombie")
	s.Until("with a zombie", func(_, b observe.Picture) bool { return len(b.Zombies()) == 1 })
	p, _ := s.Settled()
	if z := p.Zombies(); len(z) != 1 || len(p.Live()) != 1 || z[0].Parent != s.First(p).ID.PID || z[0].Tasks != nil {
		t.Errorf("%+v", p.Processes)
	}
	if state, err := observe.ReadState(p.Zombies()[0].ID.PID); state != observe.Zombie || err != nil {
		t.Errorf("ReadState: %v, %v", state, err)
	}
}

func TestReadStateOfNobody(t *testing.T) {
	if _, err := observe.ReadState(1 << 29); !errors.Is(err, unix.ENOENT) {
		t.Errorf("error %v, want ENOENT", err)
	}
}

func TestRootGone(t *testing.T) {
	p, err := observe.New(1<<29, nil).Look(observe.Everything)
	if err != nil || len(p.Processes) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestOrderAndBound(t *testing.T) {
	s := observetest.Start(t, "crowd", "20")
	s.Until("complete", func(_, b observe.Picture) bool { return len(b.Processes) == 21 })
	p, _ := s.Settled()
	if p.Truncated {
		t.Error("truncated")
	}
	if !slices.IsSortedFunc(p.Processes[1:], func(a, b observe.Process) int { return int(a.ID.Start) - int(b.ID.Start) }) {
		t.Errorf("children not in the order of their start: %v", ids(p))
	}
	s.Observer.MaxProcesses = 5
	if p := s.Look(); len(p.Processes) != 5 || !p.Truncated {
		t.Errorf("%d processes, truncated %v, want 5", len(p.Processes), p.Truncated)
	} else if rest.Compare(p, p).Settled {
		t.Error("settled although not all was seen")
	}
}

// Without proc_tid_children(5) the tree is found by one scan of /proc.
func TestScan(t *testing.T) {
	s := observetest.Start(t, "thread_child")
	p, _ := s.Settled()
	scanning := observe.New(s.Subreaper, nil)
	scanning.Scan()
	q, err := scanning.Look(observe.Everything)
	if err != nil || !slices.Equal(ids(p), ids(q)) {
		t.Errorf("scan finds %v, %v; want %v", ids(q), err, ids(p))
	}
}

// A tree that forks and reaps all the time never hides those that stay.
func TestChurn(t *testing.T) {
	s := observetest.Start(t, "churn")
	stay := s.Look().Processes[1:3]
	for range 300 {
		p := s.Look()
		for _, q := range stay {
			if _, found := p.Find(q.ID); !found {
				t.Fatalf("%d is missing from %v", q.ID.PID, ids(p))
			}
		}
		if p.Truncated {
			t.Fatal("truncated")
		}
	}
}

// A Go process sees itself: threads, signals, and a listening socket that may
// be one of MPTCP.
func TestGoProcess(t *testing.T) {
	listener := listen(t)
	p, err := observe.New(os.Getppid(), observetest.NetlinkTable(t)).Look(observe.Everything)
	if err != nil {
		t.Fatal(err)
	}
	me, found := p.ByPID(os.Getpid())
	if !found || me.Unreadable != nil || len(me.Tasks) < 2 || observe.Disposition(me, unix.SIGALRM) != "caught" {
		t.Fatalf("%+v", me)
	}
	for _, h := range p.Listening() {
		if h.Process == me.ID && h.Socket.Local == listener {
			return
		}
	}
	t.Errorf("no listening socket %v: %+v", listener, me.Descriptors)
}
