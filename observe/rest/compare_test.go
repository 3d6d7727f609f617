package rest_test

import (
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

// sleeping returns a process with one thread, asleep in a call without a timeout.
func sleeping(pid int, name string, fd uint64) observe.Process {
	return observe.Process{
		ID: observe.ProcessID{PID: pid, Start: 1}, Parent: 1, State: observe.Sleeping,
		Tasks: []observe.Task{{TID: pid, State: observe.Sleeping, Sleeps: 3, Switches: 4,
			Call: observe.Call{Number: 1, Name: name, Args: [6]uint64{fd}, Wait: observe.Untimed}}},
	}
}

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

var (
	server = ap("127.0.0.1:80")
	client = ap("127.0.0.1:5000")
)

// serving returns a picture of a process that holds a socket as descriptor 3.
func serving(call string, s observe.Socket) observe.Picture {
	kind := observe.ConnectedSocket
	if s.State == observe.Listen {
		kind = observe.ListeningSocket
	}
	p := sleeping(812, call, 3)
	p.Descriptors = []observe.Descriptor{{FD: 3, Kind: kind, Socket: &s}}
	return observe.Picture{Processes: []observe.Process{p}, Sockets: []observe.Socket{s}}
}

// The pictures show states that last no longer than a look.
func TestCompareOfFixtures(t *testing.T) {
	listening := observe.Socket{Local: server, State: observe.Listen, SendQueue: 5, Inode: 7}
	connected := observe.Socket{Local: server, Peer: client, State: observe.Established, Inode: 8}
	other := observe.Socket{Local: client, Peer: server, State: observe.Established, Inode: 9}
	with := func(p observe.Picture, more ...observe.Socket) observe.Picture {
		p.Sockets = append(p.Sockets[:len(p.Sockets):len(p.Sockets)], more...)
		return p
	}
	change := func(p observe.Picture, edit func(*observe.Process)) observe.Picture {
		q := p.Processes[0]
		q.Tasks = append([]observe.Task(nil), q.Tasks...)
		edit(&q)
		p.Processes = []observe.Process{q}
		return p
	}
	socket := func(s observe.Socket, edit func(*observe.Socket)) observe.Socket { edit(&s); return s }
	queued := socket(listening, func(s *observe.Socket) { s.RecvQueue = 1 })
	full := socket(listening, func(s *observe.Socket) { s.RecvQueue = 6 })
	unread := socket(connected, func(s *observe.Socket) { s.RecvQueue = 4 })
	idle := with(serving("read", connected), other)
	request := observe.Socket{Local: server, Peer: client, State: observe.SynRecv}
	for _, c := range []struct {
		name    string
		p       observe.Picture
		because string // "" for settled and final
	}{
		{"idle", idle, ""},
		{"accept with a queue", serving("accept", queued), "thread 812 sleeps in accept(3), which is ready: listening socket 127.0.0.1:80"},
		{"pause with a queue", serving("pause", queued), ""},
		{"read with input", with(serving("read", unread), other), "sleeps in read(3), which is ready"},
		{"pause with input", with(serving("pause", unread), other), ""},
		{"peek for more", change(with(serving("recvfrom", unread), other), func(p *observe.Process) {
			p.Tasks[0].Call.Args[3] = unix.MSG_PEEK | unix.MSG_WAITALL
		}), ""},
		{"read at the end", serving("read", socket(connected, func(s *observe.Socket) { s.State = observe.CloseWait })), "which is ready"},
		{"pause at the end", serving("pause", socket(connected, func(s *observe.Socket) { s.State = observe.CloseWait })), ""},
		{"signal for the process", change(idle, func(p *observe.Process) { p.Signals.Pending = proc.SetOf(syscall.SIGCHLD) }), "812 has not yet taken SIGCHLD"},
		{"signal for the thread", change(idle, func(p *observe.Process) { p.Tasks[0].Pending = proc.SetOf(syscall.SIGTERM) }), "has not yet taken SIGTERM"},
		{"signal ignored", change(idle, func(p *observe.Process) {
			p.Signals.Pending, p.Signals.Ignored = proc.SetOf(syscall.SIGCHLD), proc.SetOf(syscall.SIGCHLD)
		}), ""},
		{"signal blocked", change(idle, func(p *observe.Process) {
			p.Signals.Pending, p.Tasks[0].Blocked = proc.SetOf(syscall.SIGCHLD), proc.SetOf(syscall.SIGCHLD)
		}), ""},
		{"signal blocked by one thread of two", change(idle, func(p *observe.Process) {
			p.Signals.Pending, p.Tasks[0].Blocked = proc.SetOf(syscall.SIGCHLD), proc.SetOf(syscall.SIGCHLD)
			p.Tasks = append(p.Tasks, sleeping(813, "pause", 0).Tasks...)
		}), "has not yet taken SIGCHLD"},
		{"killed while stopped", change(idle, func(p *observe.Process) {
			p.State, p.Tasks[0].State, p.Tasks[0].Pending = observe.Stopped, observe.Stopped, proc.SetOf(syscall.SIGKILL)
		}), "has not yet taken SIGKILL"},
		{"waiting for a disk", change(idle, func(p *observe.Process) { p.Tasks[0].State = observe.DiskSleep }), "812 is in uninterruptible sleep"},
		{"taking memory", serving("mmap", connected), "thread 812 is at work in mmap()"},
		{"vfork by clone", change(idle, func(p *observe.Process) {
			p.Tasks[0].State, p.Tasks[0].Call = observe.DiskSleep, observe.Call{Name: "clone", Args: [6]uint64{unix.CLONE_VFORK}, Wait: observe.Untimed}
		}), ""},
		{"truncated", observe.Picture{Truncated: true}, "more processes"},
		{"one ended meanwhile", observe.Picture{Processes: idle.Processes, Vanished: true}, "ended during the look"},
		{"threads not read", change(idle, func(p *observe.Process) { p.Tasks = nil }), "threads of process 812 were not read"},
		{"call not read", change(idle, func(p *observe.Process) { p.Tasks[0].Call = observe.Call{Number: proc.NoSyscall} }), "settled: the call that 812 sleeps in is unknown"},
		{"call not known", change(idle, func(p *observe.Process) { p.Tasks[0].Call.Wait = observe.Unknown }), "settled: 812 sleeps in read(3), perhaps with a timeout"},
		{"not readable", change(idle, func(p *observe.Process) { p.Unreadable = errors.New("not permitted") }), "settled: not permitted"},
		{"request, queue not full", with(serving("pause", queued), request), "is not complete"},
		{"request, queue full", with(serving("pause", full), request), ""},
		{"request, backlog unknown", with(serving("pause", socket(full, func(s *observe.Socket) { s.SendQueue = observe.UnknownBacklog })), request), "is not complete"},
		{"FIN to a request, queue full", with(serving("pause", full), request, socket(other, func(s *observe.Socket) { s.State, s.SendQueue = observe.FinWait1, 1 })), ""},
		{"FIN of a client, not acknowledged", with(serving("pause", listening), socket(connected, func(s *observe.Socket) { s.State = observe.CloseWait }), socket(other, func(s *observe.Socket) { s.State, s.SendQueue = observe.FinWait1, 1 })), ""},
		{"FIN of the server, not acknowledged", with(serving("pause", listening), socket(connected, func(s *observe.Socket) { s.State, s.SendQueue = observe.FinWait1, 1 }), socket(other, func(s *observe.Socket) { s.State = observe.CloseWait })), "a FIN is in flight"},
		{"last ACK", with(serving("pause", listening), socket(connected, func(s *observe.Socket) { s.State, s.Inode = observe.LastAck, 0 }), other), "a FIN is in flight"},
		{"bytes to an ACK", with(idle, socket(other, func(s *observe.Socket) { s.Peer, s.SendQueue = server, 5; s.Local = ap("127.0.0.1:5001") })), ""},
		{"connections of other programs", with(idle, observe.Socket{Local: ap("10.0.0.1:1"), Peer: ap("10.0.0.2:2"), State: observe.SynSent}), ""},
		{"TIME_WAIT", with(idle, observe.Socket{Local: server, Peer: ap("127.0.0.1:6"), State: observe.TimeWait}), ""},
		{"half-closed by us", with(serving("read", socket(connected, func(s *observe.Socket) { s.State = observe.FinWait2 })), socket(other, func(s *observe.Socket) { s.State = observe.CloseWait })), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := rest.Compare(c.p, c.p)
			reasons := got.Because
			if got.Settled && len(reasons) > 0 {
				reasons = append([]string{"settled: " + reasons[0]}, reasons...)
			}
			if got.Final != (c.because == "") || !mentions(reasons, c.because) {
				t.Errorf("%+v, want %q", got, c.because)
			}
			if !got.Settled && rest.Steady(observe.Picture{}, c.p, c.p) {
				t.Error("not settled, but steady")
			}
		})
	}
}

func TestCompareOfChanges(t *testing.T) {
	one, two := sleeping(812, "pause", 0), sleeping(813, "pause", 0)
	later := func(edit func(*observe.Process)) observe.Picture {
		p := one
		p.Tasks = append([]observe.Task(nil), one.Tasks...)
		edit(&p)
		return observe.Picture{Processes: []observe.Process{p}}
	}
	for _, c := range []struct {
		later   observe.Picture
		because string
	}{
		{observe.Picture{Processes: []observe.Process{one, two}}, "813 is new"},
		{observe.Picture{}, "812 is gone"},
		{later(func(p *observe.Process) { p.ID.Start++ }), "812 is new"},
		{later(func(p *observe.Process) { p.State = observe.Stopped }), "812 was sleeping and is now stopped"},
		{later(func(p *observe.Process) { p.Tasks[0].State = observe.Stopped }), "812 was sleeping and is now stopped"},
		{later(func(p *observe.Process) { p.Tasks[0].Switches++ }), "812 ran between the looks"},
		{later(func(p *observe.Process) { p.Tasks[0].CPU += time.Nanosecond }), "812 ran between the looks"},
		{later(func(p *observe.Process) { p.Tasks = append(p.Tasks, two.Tasks...) }), "812 had 1 threads and now has 2"},
		{later(func(p *observe.Process) { p.Tasks = two.Tasks }), "812 has a new thread, 813"},
	} {
		if got := rest.Compare(observe.Picture{Processes: []observe.Process{one}}, c.later); got.Settled || !mentions(got.Because, c.because) {
			t.Errorf("%+v, want %q", got, c.because)
		}
	}
	many := observe.Picture{}
	for pid := range 1000 {
		many.Processes = append(many.Processes, sleeping(pid+1, "pause", 0))
	}
	if got := rest.Compare(observe.Picture{}, many); got.Settled || len(got.Because) != 10 {
		t.Errorf("%d reasons", len(got.Because))
	}
}

// Sockets that only a timer of the kernel ends may go at any time.
func TestExpiringSockets(t *testing.T) {
	listening := observe.Socket{Local: server, State: observe.Listen, SendQueue: 5, Inode: 7}
	before, after := serving("pause", listening), serving("pause", listening)
	before.Sockets = append(before.Sockets,
		observe.Socket{Local: server, Peer: ap("127.0.0.1:6"), State: observe.TimeWait},
		observe.Socket{Local: server, Peer: ap("127.0.0.1:7"), State: observe.FinWait2})
	if got := rest.Compare(before, after); !got.Final {
		t.Errorf("%+v", got)
	}
	before.Sockets[2].Inode = 9 // a client's own
	if got := rest.Compare(before, after); got.Settled || !mentions(got.Because, "is gone") {
		t.Errorf("%+v", got)
	}
}

// A known timeout must have passed twice, however often something else woke
// the thread.
func TestSteadyTakesTime(t *testing.T) {
	at := func(after time.Duration, sleeps uint64) observe.Picture {
		p := sleeping(812, "poll", 0)
		p.Tasks[0].Sleeps, p.Tasks[0].Call.Wait, p.Tasks[0].Call.Timeout = sleeps, observe.Timed, time.Second
		return observe.Picture{At: time.Unix(100, 0).Add(after), Processes: []observe.Process{p}}
	}
	for _, c := range []struct {
		now  observe.Picture
		want bool
	}{
		{at(3*time.Second, 12), true},
		{at(3*time.Second, 11), false},
		{at(1900*time.Millisecond, 90), false},
	} {
		if got := rest.Steady(at(0, 10), c.now, c.now); got != c.want {
			t.Errorf("after %v: %v", c.now.At.Sub(time.Unix(100, 0)), got)
		}
	}
	atWork := at(0, 10)
	atWork.Processes[0].State, atWork.Processes[0].Tasks[0].State = observe.Running, observe.Running
	if now := at(3*time.Second, 12); !rest.Steady(atWork, now, now) {
		t.Error("not steady, as a process that sleeps now was running at the first look")
	}
	running := at(3*time.Second, 12)
	running.Processes[0].Tasks[0].State = observe.Running
	if rest.Steady(at(0, 10), running, running) {
		t.Error("steady while a thread runs")
	}
	// Its neighbour 813 sleeps in every look, and has run between the last two.
	with := func(p observe.Picture, switches uint64) observe.Picture {
		worker := sleeping(813, "futex", 0)
		worker.Tasks[0].Switches = switches
		p.Processes = append(p.Processes, worker)
		return p
	}
	since, last, now := with(at(0, 10), 5), with(at(2*time.Second, 11), 5), with(at(3*time.Second, 12), 6)
	if rest.Steady(since, last, now) {
		t.Error("steady although a thread of no wake source has just run")
	}
	if now = with(at(3*time.Second, 12), 5); !rest.Steady(since, last, now) {
		t.Error("not steady although only the woken thread has run")
	}
	final := observe.Picture{Processes: []observe.Process{sleeping(812, "pause", 0)}}
	if rest.Steady(final, final, final) {
		t.Error("steady without a wake source")
	}
}

// mentions reports whether a reason holds a text.
func mentions(reasons []string, text string) bool {
	return strings.Contains(strings.Join(reasons, "\n"), text)
}
