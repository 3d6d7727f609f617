package observe

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/forkproof/forkproof/internal/proc"
)

func TestDisposition(t *testing.T) {
	p := Process{Signals: Signals{Caught: proc.SetOf(syscall.SIGCHLD), Ignored: proc.SetOf(syscall.SIGPIPE)}}
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
		if got := timerArmed([]byte(text)) || readsTimerSignals([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// Without a pid namespace of its own a process has no other pid.
func TestInnerPID(t *testing.T) {
	for _, pid := range []int{os.Getpid(), 1 << 29} {
		if inner := InnerPID(pid); inner != 0 {
			t.Errorf("%d is %d in its own namespace", pid, inner)
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		CloseWait.String(): "CLOSE_WAIT", NewSynRecv.String(): "NEW_SYN_RECV", TCPState(77).String(): "TCP state 77",
		PIDFD.String(): "pidfd", Kind(99).String(): "kind 99",
		Timed.String(): "timed", Untimed.String(): "untimed", Unknown.String(): "unknown",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A long name that a server chose is cut, and its length is added.
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

// More descriptors than one look may read are an error.
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
