package observe

import (
	"errors"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// sleeping is a process with one thread, asleep in a call that time does not end.
func sleeping(pid int, name string, fd uint64) Process {
	return Process{
		ID: ProcessID{PID: pid, Start: 1}, Parent: 1, State: Sleeping,
		Tasks: []Task{{TID: pid, State: Sleeping, Sleeps: 3, Switches: 4,
			Call: Call{Number: 1, Name: name, Args: [6]uint64{fd}, Wait: Untimed}}},
	}
}

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

var (
	server = ap("127.0.0.1:80")
	client = ap("127.0.0.1:5000")
)

// serving is a process that has a socket of its own under descriptor 3.
func serving(call string, s Socket) Picture {
	p := sleeping(812, call, 3)
	p.Descriptors = []Descriptor{{FD: 3, Kind: kindOf(s), Socket: &s}}
	return Picture{Processes: []Process{p}, Sockets: []Socket{s}}
}

// States that last no longer than a look are made by hand.
func TestCompareOfFixtures(t *testing.T) {
	listening := Socket{Local: server, State: Listen, SendQueue: 5, Inode: 7}
	connected := Socket{Local: server, Peer: client, State: Established, Inode: 8}
	other := Socket{Local: client, Peer: server, State: Established, Inode: 9}
	with := func(p Picture, more ...Socket) Picture {
		p.Sockets = append(p.Sockets[:len(p.Sockets):len(p.Sockets)], more...)
		return p
	}
	change := func(p Picture, edit func(*Process)) Picture {
		q := p.Processes[0]
		q.Tasks = append([]Task(nil), q.Tasks...)
		edit(&q)
		p.Processes = []Process{q}
		return p
	}
	socket := func(s Socket, edit func(*Socket)) Socket { edit(&s); return s }
	queued := socket(listening, func(s *Socket) { s.RecvQueue = 1 })
	full := socket(listening, func(s *Socket) { s.RecvQueue = 6 })
	unread := socket(connected, func(s *Socket) { s.RecvQueue = 4 })
	idle := with(serving("read", connected), other)
	request := Socket{Local: server, Peer: client, State: SynRecv}
	for _, c := range []struct {
		name    string
		p       Picture
		because string // "" for settled and final
	}{
		{"idle", idle, ""},
		{"accept with a queue", serving("accept", queued), "something for it: listening socket 127.0.0.1:80"},
		{"pause with a queue", serving("pause", queued), ""},
		{"read with input", with(serving("read", unread), other), "sleeps in read(3), but there is something for it"},
		{"pause with input", with(serving("pause", unread), other), ""},
		{"peek for more", change(with(serving("recvfrom", unread), other), func(p *Process) {
			p.Tasks[0].Call.Args[3] = unix.MSG_PEEK | unix.MSG_WAITALL
		}), ""},
		{"read at the end", serving("read", socket(connected, func(s *Socket) { s.State = CloseWait })), "something for it"},
		{"pause at the end", serving("pause", socket(connected, func(s *Socket) { s.State = CloseWait })), ""},
		{"signal for the process", change(idle, func(p *Process) { p.Signals.Pending = proc.SetOf(syscall.SIGCHLD) }), "SIGCHLD is about to be delivered to 812"},
		{"signal for the thread", change(idle, func(p *Process) { p.Tasks[0].Pending = proc.SetOf(syscall.SIGTERM) }), "SIGTERM is about"},
		{"signal ignored", change(idle, func(p *Process) {
			p.Signals.Pending, p.Signals.Ignored = proc.SetOf(syscall.SIGCHLD), proc.SetOf(syscall.SIGCHLD)
		}), ""},
		{"signal blocked", change(idle, func(p *Process) {
			p.Signals.Pending, p.Tasks[0].Blocked = proc.SetOf(syscall.SIGCHLD), proc.SetOf(syscall.SIGCHLD)
		}), ""},
		{"signal blocked by one thread of two", change(idle, func(p *Process) {
			p.Signals.Pending, p.Tasks[0].Blocked = proc.SetOf(syscall.SIGCHLD), proc.SetOf(syscall.SIGCHLD)
			p.Tasks = append(p.Tasks, sleeping(813, "pause", 0).Tasks...)
		}), "SIGCHLD is about"},
		{"killed while stopped", change(idle, func(p *Process) {
			p.State, p.Tasks[0].State, p.Tasks[0].Pending = Stopped, Stopped, proc.SetOf(syscall.SIGKILL)
		}), "SIGKILL is about"},
		{"waiting for a disk", change(idle, func(p *Process) { p.Tasks[0].State = DiskSleep }), "812 is in uninterruptible sleep"},
		{"vfork by clone", change(idle, func(p *Process) {
			p.Tasks[0].State, p.Tasks[0].Call = DiskSleep, Call{Name: "clone", Args: [6]uint64{unix.CLONE_VFORK}, Wait: Untimed}
		}), ""},
		{"truncated", Picture{Truncated: true}, "more processes"},
		{"one ended meanwhile", Picture{Processes: idle.Processes, Vanished: true}, "ended during the look"},
		{"threads not seen", change(idle, func(p *Process) { p.Tasks = nil }), "threads of 812 were not seen"},
		{"call not seen", change(idle, func(p *Process) { p.Tasks[0].Call = Call{Number: proc.NoSyscall} }), "settled: it cannot be seen"},
		{"call not known", change(idle, func(p *Process) { p.Tasks[0].Call.Wait = Unknown }), "settled: it cannot be seen whether"},
		{"not readable", change(idle, func(p *Process) { p.Unreadable = errors.New("not permitted") }), "settled: not permitted"},
		{"request, queue not full", with(serving("pause", queued), request), "is being made"},
		{"request, queue full", with(serving("pause", full), request), ""},
		{"request, backlog unknown", with(serving("pause", socket(full, func(s *Socket) { s.SendQueue = UnknownBacklog })), request), "is being made"},
		{"FIN to a request, queue full", with(serving("pause", full), request, socket(other, func(s *Socket) { s.State, s.SendQueue = FinWait1, 1 })), ""},
		{"FIN of a client, not acknowledged", with(serving("pause", listening), socket(connected, func(s *Socket) { s.State = CloseWait }), socket(other, func(s *Socket) { s.State, s.SendQueue = FinWait1, 1 })), ""},
		{"FIN of the server, not acknowledged", with(serving("pause", listening), socket(connected, func(s *Socket) { s.State, s.SendQueue = FinWait1, 1 }), socket(other, func(s *Socket) { s.State = CloseWait })), "a FIN is in flight"},
		{"last ACK", with(serving("pause", listening), socket(connected, func(s *Socket) { s.State, s.Inode = LastAck, 0 }), other), "a FIN is in flight"},
		{"bytes to an ACK", with(idle, socket(other, func(s *Socket) { s.Peer, s.SendQueue = server, 5; s.Local = ap("127.0.0.1:5001") })), ""},
		{"others' connections", with(idle, Socket{Local: ap("10.0.0.1:1"), Peer: ap("10.0.0.2:2"), State: SynSent}), ""},
		{"TIME_WAIT", with(idle, Socket{Local: server, Peer: ap("127.0.0.1:6"), State: TimeWait}), ""},
		{"half-closed by us", with(serving("read", socket(connected, func(s *Socket) { s.State = FinWait2 })), socket(other, func(s *Socket) { s.State = CloseWait })), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rest := Compare(c.p, c.p)
			reasons := rest.Because
			if rest.Settled && len(reasons) > 0 {
				reasons = append([]string{"settled: " + reasons[0]}, reasons...)
			}
			if rest.Final != (c.because == "") || !mentions(reasons, c.because) {
				t.Errorf("%+v, want %q", rest, c.because)
			}
			if !rest.Settled && Plateau(Picture{}, c.p, c.p) {
				t.Error("not settled, but a plateau")
			}
		})
	}
}

func TestCompareOfChanges(t *testing.T) {
	one, two := sleeping(812, "pause", 0), sleeping(813, "pause", 0)
	later := func(edit func(*Process)) Picture {
		p := one
		p.Tasks = append([]Task(nil), one.Tasks...)
		edit(&p)
		return Picture{Processes: []Process{p}}
	}
	for _, c := range []struct {
		later   Picture
		because string
	}{
		{Picture{Processes: []Process{one, two}}, "813 is new"},
		{Picture{}, "812 is gone"},
		{later(func(p *Process) { p.ID.Start++ }), "812 is new"},
		{later(func(p *Process) { p.State = Stopped }), "812 was sleeping and is now stopped"},
		{later(func(p *Process) { p.Tasks[0].State = Stopped }), "812 was sleeping and is now stopped"},
		{later(func(p *Process) { p.Tasks[0].Switches++ }), "812 ran between the looks"},
		{later(func(p *Process) { p.Tasks[0].CPU += time.Nanosecond }), "812 ran between the looks"},
		{later(func(p *Process) { p.Tasks = append(p.Tasks, two.Tasks...) }), "812 had 1 threads and has now 2"},
		{later(func(p *Process) { p.Tasks = two.Tasks }), "812 has a new thread, 813"},
	} {
		if rest := Compare(Picture{Processes: []Process{one}}, c.later); rest.Settled || !mentions(rest.Because, c.because) {
			t.Errorf("%+v, want %q", rest, c.because)
		}
	}
	many := Picture{}
	for pid := range 1000 {
		many.Processes = append(many.Processes, sleeping(pid+1, "pause", 0))
	}
	if rest := Compare(Picture{}, many); rest.Settled || len(rest.Because) != maxClauses {
		t.Errorf("%d reasons", len(rest.Because))
	}
}

// Sockets that only a clock ends may go at any time.
func TestFadingSockets(t *testing.T) {
	listening := Socket{Local: server, State: Listen, SendQueue: 5, Inode: 7}
	before, after := serving("pause", listening), serving("pause", listening)
	before.Sockets = append(before.Sockets,
		Socket{Local: server, Peer: ap("127.0.0.1:6"), State: TimeWait},
		Socket{Local: server, Peer: ap("127.0.0.1:7"), State: FinWait2})
	if rest := Compare(before, after); !rest.Final {
		t.Errorf("%+v", rest)
	}
	before.Sockets[2].Inode = 9 // a client's own
	if rest := Compare(before, after); rest.Settled || !mentions(rest.Because, "is no more") {
		t.Errorf("%+v", rest)
	}
}

// A known timeout must have passed twice, however often something else woke
// the thread.
func TestPlateauTakesTime(t *testing.T) {
	at := func(after time.Duration, sleeps uint64) Picture {
		p := sleeping(812, "poll", 0)
		p.Tasks[0].Sleeps, p.Tasks[0].Call.Wait, p.Tasks[0].Call.Timeout = sleeps, Timed, time.Second
		return Picture{At: time.Unix(100, 0).Add(after), Processes: []Process{p}}
	}
	for _, c := range []struct {
		now  Picture
		want bool
	}{
		{at(3*time.Second, 12), true},
		{at(3*time.Second, 11), false},
		{at(1900*time.Millisecond, 90), false},
	} {
		if got := Plateau(at(0, 10), c.now, c.now); got != c.want {
			t.Errorf("after %v: %v", c.now.At.Sub(time.Unix(100, 0)), got)
		}
	}
	running := at(3*time.Second, 12)
	running.Processes[0].Tasks[0].State = Running
	if Plateau(at(0, 10), running, running) {
		t.Error("a plateau while something runs")
	}
	// Its neighbour 813 sleeps in every look, and has run between the last two.
	with := func(p Picture, switches uint64) Picture {
		worker := sleeping(813, "futex", 0)
		worker.Tasks[0].Switches = switches
		p.Processes = append(p.Processes, worker)
		return p
	}
	since, last, now := with(at(0, 10), 5), with(at(2*time.Second, 11), 5), with(at(3*time.Second, 12), 6)
	if Plateau(since, last, now) {
		t.Error("a plateau although one that time does not wake has just run")
	}
	if now = with(at(3*time.Second, 12), 5); !Plateau(since, last, now) {
		t.Error("no plateau although nobody has run but who time wakes")
	}
	final := Picture{Processes: []Process{sleeping(812, "pause", 0)}}
	if Plateau(final, final, final) {
		t.Error("a plateau with nothing that time can wake")
	}
}

func TestConnectionPrefersLife(t *testing.T) {
	old := Socket{Local: server, Peer: client, State: TimeWait}
	fresh := Socket{Local: server, Peer: client, State: Established, Inode: 8}
	own := Socket{Local: client, Peer: server, State: Established, Inode: 9}
	p := Picture{Sockets: []Socket{own, old, fresh}}
	if s, found := p.Connection(client, server); !found || s != fresh {
		t.Errorf("%v, %v", s, found)
	}
	p.Sockets = p.Sockets[:2]
	if s, found := p.Connection(client, server); !found || s != old {
		t.Errorf("%v, %v", s, found)
	}
	if s, found := p.Connection(ap("127.0.0.1:5001"), server); found {
		t.Errorf("%v for a client that is not there", s)
	}
	if s, found := p.Connection(client, ap("127.0.0.1:5001")); found {
		t.Errorf("%v, which is of another server", s)
	}
	if h := p.Holders(0); h != nil {
		t.Errorf("inode 0 is held by %v", h)
	}
}
