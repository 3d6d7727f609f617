package proc

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// The name of a process may hold anything, also what looks like the rest.
func TestParseStat(t *testing.T) {
	const line = "812 (%s) %c 1 2 3 0 -1 4194560 5 6 7 8 150 50 11 12 20 0 3 0 %s 1000000 25 9 0\n"
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ ()a-zA-Z0-9\n\t]{0,15}`).Draw(t, "name")
		state := rapid.SampledFrom([]byte("RSDTtZXI")).Draw(t, "state")
		start := rapid.Uint64().Draw(t, "start")
		text := fmt.Sprintf(line, name, state, fmt.Sprint(start))
		got, err := ParseStat([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		want := Stat{Name: []byte(name), State: State(state), Parent: 1, Group: 2, Session: 3,
			CPU: 2 * time.Second, Threads: 3, Start: start, RSSBytes: 25 * pageSize}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q: %s", text, diff)
		}
	})
	for _, bad := range []string{"", "812", "812 (x", "812 )(", "812 (x)", "812 (x) T 1 2", "812 (x" + line[9:],
		fmt.Sprintf(line, "x", 'T', "soon")} {
		if s, err := ParseStat([]byte(bad)); err == nil {
			t.Errorf("%q is parsed as %+v", bad, s)
		}
	}
}

const statusText = "Name:\tState: S\nState:\tt (tracing stop)\nTgid:\t812\nTracerPid:\t811\nUid:\t1000\t0\t0\t0\nSigQ:\t0/96365\n" +
	"SigPnd:\t0000000000000200\nShdPnd:\t0000000000010000\nSigBlk:\t8000000000000000\n" +
	"SigIgn:\t0000000000001000\nSigCgt:\t0000000180014a07\n" +
	"voluntary_ctxt_switches:\t37\nnonvoluntary_ctxt_switches:\t13\n"

func TestParseStatus(t *testing.T) {
	got, err := ParseStatus([]byte(statusText))
	want := Status{State: TraceStop, Tracer: 811, Pending: 1 << 9, Blocked: 1 << 63,
		ProcessPending: 1 << 16, Ignored: 1 << 12, Caught: 0x180014a07, Voluntary: 37, Involuntary: 13}
	if err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{
		"", "State:\tS\n", strings.Replace(statusText, "ShdPnd", "ShPnd", 1),
		strings.Replace(statusText, "ShdPnd:\t0", "ShdPnd:\tx", 1), strings.Replace(statusText, "\t13", "\t-1", 1),
		strings.Replace(statusText, "t (tracing stop)", "", 1),
	} {
		if s, err := ParseStatus([]byte(bad)); err == nil {
			t.Errorf("%q is parsed as %+v", bad, s)
		}
	}
}

// What the kernel of this machine shows can be parsed.
func TestOwnFiles(t *testing.T) {
	read := func(name string) []byte {
		text, err := os.ReadFile("/proc/thread-self/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	stat, err := ParseStat(read("stat"))
	if err != nil || stat.Parent != os.Getppid() || stat.Threads < 1 || stat.Start == 0 || stat.RSSBytes == 0 {
		t.Errorf("%+v, %v", stat, err)
	}
	status, err := ParseStatus(read("status"))
	if err != nil || !status.State.Alive() || status.Voluntary+status.Involuntary == 0 || !status.Caught.Has(syscall.SIGURG) {
		t.Errorf("%+v, %v", status, err)
	}
	if call := ParseSyscall(read("syscall")); call.Name != "read" {
		t.Errorf("%+v", call)
	}
}

func TestLine(t *testing.T) {
	for label, want := range map[string]string{"Uid": "1000\t0\t0\t0", "Tgid": "812", "Name": "State: S", "Ui": "", "S": ""} {
		got, found := Line([]byte(statusText), label)
		if string(got) != want || found != (want != "") {
			t.Errorf("%s: %q, %t", label, got, found)
		}
	}
}

func TestSignalSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := SignalSet(rapid.Uint64().Draw(t, "set"))
		if back := SetOf(s.Signals()...); back != s {
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
		0: "none", SetOf(syscall.SIGCHLD, syscall.SIGALRM): "SIGALRM, SIGCHLD", SetOf(40): "signal 40",
		TimerSignals: "SIGALRM, SIGVTALRM, SIGPROF",
	} {
		if set.String() != want {
			t.Errorf("%q, want %q", set, want)
		}
	}
}

func TestState(t *testing.T) {
	for state, want := range map[State]string{
		Zombie: "zombie", Sleeping: "sleeping", DiskSleep: "in uninterruptible sleep", 'q': "in state 'q'",
	} {
		if state.String() != want {
			t.Errorf("%q, want %q", state, want)
		}
	}
	for _, s := range []State{Running, Sleeping, DiskSleep, Stopped, TraceStop, Zombie, Dead, Idle} {
		if s.Alive() == (s == Zombie || s == Dead) || s.IsStopped() != (s == Stopped || s == TraceStop) {
			t.Errorf("%v: alive %t, stopped %t", s, s.Alive(), s.IsStopped())
		}
	}
}

const address = 0x7ffd7e369280

// syscallLine is what the kernel shows for a call.
func syscallLine(number int, args ...uint64) string {
	var all [6]uint64
	copy(all[:], args)
	text := fmt.Sprint(number)
	for _, a := range all {
		text += fmt.Sprintf(" 0x%x", a)
	}
	return text + " 0x7ffd7e369250 0x7f5953852aec\n"
}

func TestParseSyscall(t *testing.T) {
	for _, c := range []struct {
		text string
		want Syscall
	}{
		{syscallLine(unix.SYS_ACCEPT4, 3), Syscall{Number: unix.SYS_ACCEPT4, Name: "accept4", Args: [6]uint64{3}}},
		{syscallLine(unix.SYS_RESTART_SYSCALL, address, 1, 5), Syscall{Number: unix.SYS_RESTART_SYSCALL, Name: "poll", Args: [6]uint64{address, 1, 5}}},
		{syscallLine(unix.SYS_RESTART_SYSCALL, address, 0x80), Syscall{Number: unix.SYS_RESTART_SYSCALL, Name: "restart_syscall", Args: [6]uint64{address, 0x80}}},
		{syscallLine(unix.SYS_RESTART_SYSCALL, address, 0), Syscall{Number: unix.SYS_RESTART_SYSCALL, Name: "restart_syscall", Args: [6]uint64{address}}},
		{syscallLine(unix.SYS_RESTART_SYSCALL, 0, 0, address), Syscall{Number: unix.SYS_RESTART_SYSCALL, Name: "restart_syscall", Args: [6]uint64{0, 0, address}}},
		{syscallLine(99999, 1), Syscall{Number: 99999, Name: "syscall 99999", Args: [6]uint64{1}}},
		{"102 0x5 0x0 0x0 0x0 0x0 0x0 0xffd7e250 0xf7fc4559\n", Syscall{Number: 102, Name: "32-bit syscall 102", Args: [6]uint64{5}}},
		{"-1 0x7ffd7e369250 0x7f5953852aec\n", Syscall{Number: NoSyscall}},
		{"running\n", Syscall{Number: NoSyscall, Running: true}},
		{"", Syscall{Number: NoSyscall}},
	} {
		if got := ParseSyscall([]byte(c.text)); got != c.want {
			t.Errorf("%q: %+v, want %+v", c.text, got, c.want)
		}
	}
}

func TestTaskFiles(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  []int
	}{{"", 9, []int{1}}, {"812 813 ", 9, []int{1, 812, 813}}, {"812 813 814 ", 2, []int{1, 812, 813}}} {
		if got := AppendPIDs([]int{1}, []byte(c.text), c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.text, got, c.want)
		}
	}
	for text, want := range map[string]time.Duration{"1234 56 7\n": 1234, "": 0} {
		if got := ParseSchedstat([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for name, parse := range map[string]func([]byte){
		"stat":    func(text []byte) { _, _ = ParseStat(text) },
		"status":  func(text []byte) { _, _ = ParseStatus(text) },
		"syscall": func(text []byte) { ParseSyscall(text) },
	} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", os.Getppid(), name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				parse(text)
			}
		})
	}
}
