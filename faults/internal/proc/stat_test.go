package proc

import (
	"os"
	"strings"
	"testing"
)

func TestParseStat(t *testing.T) {
	rest := " T 1 2 3" + strings.Repeat(" 0", 15) + " 4711 0 0\n"
	for _, name := range []string{"cat", "a b", "x) S 1 (y", "(((", "line\nbreak"} {
		got, err := parseStat([]byte("12 (" + name + ")" + rest))
		if want := (Stat{'T', 1, 4711}); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", name, got, err, want)
		}
	}
	for _, bad := range []string{"", "12 (cat) T 1 2", "12 (cat" + rest[:8], strings.Replace("1 (a)"+rest, "4711", "x", 1)} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: %+v, want an error", bad, got)
		}
	}
}

func TestParseStatus(t *testing.T) {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ParseStatus(data); err != nil || s.State != 'R' && s.State != 'S' || s.Switches == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	const text = "Name:\tx\nState:\tT (stopped)\nShdPnd:\t0000000000010000\nSigBlk:\t0000000000000200\n" +
		"voluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t2\n"
	s, err := ParseStatus([]byte(text))
	if want := (Status{State: 'T', ProcessPending: 1 << 16, Blocked: 1 << 9, Switches: 42}); err != nil || s != want {
		t.Errorf("%+v, %v; want %+v", s, err, want)
	}
	if !s.ProcessPending.Has(17) || s.ProcessPending.Has(16) || !s.Blocked.Has(10) {
		t.Errorf("sets %x and %x are not read as SIGCHLD and SIGUSR1", s.ProcessPending, s.Blocked)
	}
	for _, bad := range []string{"", "State:\tT\n", strings.Replace(text, "ShdPnd:\t0", "ShdPnd:\tx", 1)} {
		if s, err := ParseStatus([]byte(bad)); err == nil {
			t.Errorf("%q: %+v, want an error", bad, s)
		}
	}
}
