package observe

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The name of a process may hold anything, also what looks like the rest.
func TestParseStat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ ()a-zA-Z0-9\n\t]{0,15}`).Draw(t, "name")
		state := rapid.SampledFrom([]byte("RSDTtZXI")).Draw(t, "state")
		start := rapid.Uint64().Draw(t, "start")
		text := fmt.Sprintf("812 (%s) %c 1 2 3 0 -1 4194560 5 6 7 8 150 50 11 12 20 0 3 0 %d 1000000 25 9 0\n",
			name, state, start)
		s, err := parseStat([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if string(s.name) != name || s.state != State(state) || s.parent != 1 || s.group != 2 || s.session != 3 ||
			s.cpu != 2*time.Second || s.threads != 3 || s.start != start || s.rssBytes != 25*pageSize {
			t.Fatalf("%q: %+v", text, s)
		}
	})
	for _, bad := range []string{"", "812", "812 (x", "812 )(", "812 (x)"} {
		if s, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, s)
		}
	}
}

func TestParseStatus(t *testing.T) {
	got := parseStatus([]byte(strings.Join([]string{
		"Name:	State: S", "State:	t (tracing stop)", "SigQ:	0/96365",
		"SigPnd:	0000000000000200", "ShdPnd:	0000000000010000", "SigBlk:	8000000000000000",
		"SigIgn:	0000000000001000", "SigCgt:	0000000180014a07",
		"voluntary_ctxt_switches:	37", "nonvoluntary_ctxt_switches:	13", "",
	}, "\n")))
	want := status{state: TraceStop, pending: 1 << 9, blocked: 1 << 63,
		shared: Signals{Pending: 1 << 16, Ignored: 1 << 12, Caught: 0x180014a07}, voluntary: 37, forced: 13}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(status{})); diff != "" {
		t.Error(diff)
	}
}

func TestSignalSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := SignalSet(rapid.Uint64().Draw(t, "set"))
		if back := setOf(s.Signals()...); back != s {
			t.Fatalf("%x became %x", uint64(s), uint64(back))
		}
		for _, sig := range s.Signals() {
			if !s.Has(sig) {
				t.Fatalf("%v not in %v", sig, s)
			}
		}
	})
	if SignalSet(1<<63).Has(0) || SignalSet(1).Has(65) {
		t.Error("there is no signal 0 or 65")
	}
	for set, want := range map[SignalSet]string{
		0: "none", setOf(syscall.SIGCHLD, syscall.SIGALRM): "SIGALRM, SIGCHLD", setOf(40): "signal 40",
	} {
		if set.String() != want {
			t.Errorf("%q, want %q", set, want)
		}
	}
}

func TestDisposition(t *testing.T) {
	p := Process{Signals: Signals{Caught: setOf(syscall.SIGCHLD), Ignored: setOf(syscall.SIGPIPE)}}
	for sig, want := range map[syscall.Signal]string{
		syscall.SIGCHLD: "caught", syscall.SIGPIPE: "ignored", syscall.SIGTERM: "default",
	} {
		if got := Disposition(p, sig); got != want {
			t.Errorf("%v: %s, want %s", sig, got, want)
		}
	}
}

func TestParseLink(t *testing.T) {
	for link, want := range map[string]Descriptor{
		"socket:[4026]":         {Kind: OtherSocket, Inode: 4026},
		"pipe:[7]":              {Kind: Pipe, Inode: 7},
		"/dev/null":             {Kind: File},
		"/tmp/socket:[1]":       {Kind: File},
		"anon_inode:[eventfd]":  {Kind: EventFD},
		"anon_inode:[pidfd]":    {Kind: PIDFD},
		"pidfd:[99]":            {Kind: PIDFD},
		"anon_inode:inotify":    {},
		"anon_inode:[timerfd]":  {Kind: TimerFD},
		"anon_inode:[signalfd]": {Kind: SignalFD},
		"mnt:[4026531841]":      {},
	} {
		want.FD, want.Target = 3, link
		if got := parseLink(3, []byte(link)); got != want {
			t.Errorf("%s: %+v, want %+v", link, got, want)
		}
	}
}

func TestFDInfo(t *testing.T) {
	timer := "pos:	0\nclockid: 1\nticks: 0\nsettime flags: 00\nit_value: (%s)\nit_interval: (5, 0)\n"
	for text, want := range map[string]bool{
		fmt.Sprintf(timer, "0, 0"):            false,
		fmt.Sprintf(timer, "0, 7"):            true,
		fmt.Sprintf(timer, "10, 0"):           true,
		"pos:	0\nsigmask:	0000000000002000\n": true, // SIGALRM
		"pos:	0\nsigmask:	0000000000010000\n": false,
		"":                                    false,
	} {
		if got := timerArmed([]byte(text)) || takesAlarm([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		ZombieTask.String(): "zombie", Sleeping.String(): "sleeping", State('q').String(): "in state 'q'",
		CloseWait.String(): "CLOSE_WAIT", NewSynRecv.String(): "NEW_SYN_RECV", TCPState(77).String(): "TCP state 77",
		PIDFD.String(): "pidfd", Kind(99).String(): "kind 99",
		Timed.String(): "timed", Untimed.String(): "untimed", Unknown.String(): "unknown",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A name that a server chose is kept up to a length, and says how long it is.
func TestLongTargetIsCut(t *testing.T) {
	long := "/" + strings.Repeat("d", 5000)
	got := parseLink(3, []byte(long))
	if want := long[:maxTarget] + "… (5001 bytes)"; got.Kind != File || got.Target != want {
		t.Errorf("%v %q", got.Kind, got.Target)
	}
	short := long[:maxTarget]
	if got := parseLink(3, []byte(short)); got.Target != short {
		t.Errorf("a name of %d bytes is cut", maxTarget)
	}
}

// Past the bound of one look, descriptors are not read, and that is an error.
func TestDescriptorsOfOneLookAreBounded(t *testing.T) {
	r := procReader{root: "/proc"}
	dir, _, err := r.enter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer r.leave(dir)
	var room atomic.Int64
	for n, want := range map[int64]error{0: ErrTooManyDescriptors, MaxDescriptors: nil} {
		room.Store(n)
		list, err := r.descriptors(dir, os.Getpid(), 0, &room)
		if !errors.Is(err, want) || (err == nil) != (len(list) > 0) {
			t.Errorf("room for %d: %d descriptors, %v", n, len(list), err)
		}
	}
}
