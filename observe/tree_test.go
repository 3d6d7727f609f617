package observe

import (
	"errors"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func ids(p Picture) []ProcessID {
	var list []ProcessID
	for _, q := range p.Processes {
		list = append(list, q.ID)
	}
	return list
}

func TestDaemonStaysInTheTree(t *testing.T) {
	s := start(t, "daemon")
	p, _ := s.settled()
	d := s.first(p)
	if len(p.Processes) != 1 || d.Parent != s.keeper || d.Session == d.ID.PID || d.Name != "sleeper" {
		t.Errorf("%+v", p.Processes)
	}
}

func TestChildOfThread(t *testing.T) {
	p, _ := start(t, "thread_child").settled()
	if len(p.Processes) != 2 || p.Processes[1].Parent != p.Processes[0].ID.PID || len(p.Processes[0].Tasks) != 2 {
		t.Errorf("%+v", p.Processes)
	}
}

// A first thread that exited while another lives on is no zombie.
func TestLeaderGone(t *testing.T) {
	s := start(t, "leader_gone")
	s.until("without its first thread", func(_, b Picture) bool {
		return len(s.first(b).Tasks) == 1 && s.first(b).Tasks[0].TID != s.first(b).ID.PID
	})
	p, _ := s.settled()
	q := s.first(p)
	if !q.Alive() || q.State != Sleeping || len(p.Zombies()) != 0 {
		t.Errorf("%+v", q)
	}
	if state, err := ReadState(q.ID.PID); state != Sleeping || err != nil {
		t.Errorf("ReadState: %v, %v", state, err)
	}
}

func TestZombie(t *testing.T) {
	s := start(t, "zombie")
	s.until("with a zombie", func(_, b Picture) bool { return len(b.Zombies()) == 1 })
	p, _ := s.settled()
	if z := p.Zombies(); len(z) != 1 || len(p.Live()) != 1 || z[0].Parent != s.first(p).ID.PID || z[0].Tasks != nil {
		t.Errorf("%+v", p.Processes)
	}
	if state, err := ReadState(p.Zombies()[0].ID.PID); state != Zombie || err != nil {
		t.Errorf("ReadState: %v, %v", state, err)
	}
}

func TestReadStateOfNobody(t *testing.T) {
	if _, err := ReadState(1 << 29); !errors.Is(err, unix.ENOENT) {
		t.Errorf("error %v, want ENOENT", err)
	}
}

func TestRootGone(t *testing.T) {
	p, err := New(1<<29, nil).Look(Everything)
	if err != nil || len(p.Processes) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestOrderAndBound(t *testing.T) {
	s := start(t, "crowd", "20")
	s.until("complete", func(_, b Picture) bool { return len(b.Processes) == 21 })
	p, _ := s.settled()
	if p.Truncated {
		t.Error("truncated")
	}
	if !slices.IsSortedFunc(p.Processes[1:], func(a, b Process) int { return int(a.ID.Start) - int(b.ID.Start) }) {
		t.Errorf("children not in the order of their start: %v", ids(p))
	}
	s.observer.MaxProcesses = 5
	if p := s.look(); len(p.Processes) != 5 || !p.Truncated {
		t.Errorf("%d processes, truncated %v, want 5", len(p.Processes), p.Truncated)
	} else if rest := Compare(p, p); rest.Settled {
		t.Error("settled although not all was seen")
	}
}

// Without proc_tid_children(5) the tree is found by one scan of /proc.
func TestScan(t *testing.T) {
	s := start(t, "thread_child")
	p, _ := s.settled()
	scanning := New(s.keeper, nil)
	scanning.scan = true
	q, err := scanning.Look(Everything)
	if err != nil || !slices.Equal(ids(p), ids(q)) {
		t.Errorf("scan finds %v, %v; want %v", ids(q), err, ids(p))
	}
}

// A tree that forks and reaps all the time never hides those that stay.
func TestChurn(t *testing.T) {
	s := start(t, "churn")
	stay := s.look().Processes[1:3]
	for range 300 {
		p := s.look()
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
	p, err := New(os.Getppid(), netlinkTable(t)).Look(Everything)
	if err != nil {
		t.Fatal(err)
	}
	me, found := p.ByPID(os.Getpid())
	if !found || me.Unreadable != nil || len(me.Tasks) < 2 || Disposition(me, unix.SIGALRM) != "caught" {
		t.Fatalf("%+v", me)
	}
	for _, h := range p.Listening() {
		if h.Process == me.ID && h.Socket.Local == listener {
			return
		}
	}
	t.Errorf("no listening socket %v: %+v", listener, me.Descriptors)
}
