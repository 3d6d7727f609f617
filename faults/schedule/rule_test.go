package schedule

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
)

var defaults = Rule{Probability: 1, Scope: All}

// TestParse checks what a rule says; what its fault does, package faults tests.
func TestParse(t *testing.T) {
	for text, want := range map[string]Rule{
		"fork:error=EAGAIN":                  {Injection: trace.Injection{Family: trace.Fork, Errno: unix.EAGAIN}},
		"accept:error=EMFILE:times=3":        {Injection: trace.Injection{Family: trace.Accept, Errno: unix.EMFILE}, Times: 3},
		"write:short=1K:every=2s":            {Injection: trace.Injection{Family: trace.Write, Short: 1024}, Every: 2 * time.Second},
		"wait:delay=300ms:at=5s":             {Injection: trace.Injection{Family: trace.Wait, Delay: 300 * time.Millisecond}, At: 5 * time.Second},
		"thread:pass:probability=0.5":        {Injection: trace.Injection{Family: trace.Thread}, Probability: 0.5},
		"read:error=EINTR:who=child:fd=any":  {Injection: trace.Injection{Family: trace.Read, Errno: unix.EINTR}, Scope: Child},
		"signal=SIGCHLD":                     {},
		"signal=SIGHUP@start":                {},
		"signal=SIGCHLD@fork:times=2":        {Action: faults.Action{After: trace.Fork}, Times: 2},
		"nofile=20:for=2s":                   {For: 2 * time.Second},
		"nofile=full":                        {},
		"memory=10M":                         {},
		"processes=0:who=server":             {Scope: Server},
		"freeze=500ms:at=1s:every=2s":        {Action: faults.Action{Lasts: 500 * time.Millisecond, Stops: true}, At: time.Second, Every: 2 * time.Second},
		"loopback=1s":                        {Action: faults.Action{Lasts: time.Second}},
		"crowd=1s":                           {Action: faults.Action{Lasts: time.Second, Stops: true}},
		"client=vanish":                      {},
		"client=reset:every=10ms:times=1000": {Every: 10 * time.Millisecond, Times: 1000},
	} {
		got, err := Parse(text, defaults)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		want.Text = text
		if want.Probability == 0 {
			want.Probability = 1
		}
		if want.Scope == "" {
			want.Scope = All
		}
		if name, _, _ := strings.Cut(text, "="); got.Kind.Make != nil && got.Kind.Name != name {
			t.Errorf("%s is of the kind %q", text, got.Kind.Name)
		}
		if (got.Action.Do != nil) != (got.Kind.Make != nil) {
			t.Errorf("%s: Do is set: %v", text, got.Action.Do != nil)
		}
		if !equal(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", text, got, want)
		}
	}
}

// equal compares all but functions; see TestDescriptors for On.
func equal(a, b Rule) bool {
	i, j := a.Injection, b.Injection
	return a.Text == b.Text && i.Family == j.Family && i.Errno == j.Errno && i.Short == j.Short && i.Delay == j.Delay &&
		a.Action.Lasts == b.Action.Lasts && a.Action.Stops == b.Action.Stops &&
		a.Action.After == b.Action.After && a.At == b.At && a.Every == b.Every && a.Times == b.Times && a.For == b.For &&
		a.Probability == b.Probability && a.Scope == b.Scope
}

func TestDescriptors(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	fd := int(file.Fd())
	for text, want := range map[string]bool{ // whether the file, which is no socket, is selected
		"read:error=EIO": false, "read:error=EIO:fd=any": true,
		fmt.Sprintf("write:short=1:fd=%d", fd): true, fmt.Sprintf("write:short=1:fd=%d", fd+1): false,
		"accept:error=EIO": true, "close:error=EIO:fd=socket": false,
	} {
		r, err := Parse(text, defaults)
		if err != nil {
			t.Error(err)
			continue
		}
		on := r.Injection.On
		if got := on == nil || on(unix.Gettid(), fd); got != want {
			t.Errorf("%s: descriptor %d is selected: %v", text, fd, got)
		}
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"frok:error=EAGAIN":           `unknown call "frok": known are fork, thread, accept, read, write, wait, close, poll; other rules are client=,`,
		"fork":                        "say what is to be done to fork",
		"fork:fail":                   `unknown action "fail": known are error=ERRNO, short=BYTES, delay=DURATION, pass`,
		"fork:error=EAGAN":            `unknown error "EAGAN": did you mean EAGAIN`,
		"fork:error=":                 `unknown error ""`,
		"accept:short=1":              "only read and write can be shortened",
		"read:short=0":                "1 byte or more",
		"read:short=many":             `"many" is no number of bytes`,
		"read:short=9G9":              "is no number of bytes",
		"fork:delay=fast":             "delay=fast: give a time above 0",
		"fork:delay=-1s":              "give a time above 0",
		"signal=SIGFOO":               `unknown signal "SIGFOO": known are SIGHUP, SIGINT,`,
		"signal=SIGHUP@noon":          `unknown event "noon": known are start, fork,`,
		"signal=SIGHUP@fork:every=1s": "every= is for what happens by the clock",
		"signal=":                     "nothing follows the =",
		"frieze=1s":                   `unknown rule "frieze=": known are client=, crowd=, freeze=,`,
		"nofile=some":                 "give a number of descriptors, or full",
		"memory=-1":                   "is no number of bytes",
		"processes=few":               "processes=few: give a number",
		"client=hide":                 `unknown way to leave "hide": known are reset, vanish`,
		"freeze=1s:for=2s":            "for= is for limits",
		"fork:pass:fd=3":              "fd=3: only accept, read, write and close",
		"read:pass:fd=x":              "fd=x: give a number, or any, or socket",
		"fork:pass:times=0":           "times=0: give a number from 1",
		"fork:pass:probability=2":     "probability=2: give a number above 0",
		"fork:pass:probability=NaN":   "give a number above 0",
		"fork:pass:who=me":            `unknown processes "me": known are all, server, child`,
		"fork:pass:often":             `unknown option "often": known are at=, every=, fd=, for=, probability=, times=, who=`,
		"":                            `unknown call ""`,
	} {
		_, err := Parse(text, defaults)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestReadFile(t *testing.T) {
	file, err := ReadFile(strings.NewReader("seed: 7\nrules:\n  - accept:error=EMFILE:times=3\n  - freeze=500ms:at=5s\n"), defaults)
	if err != nil {
		t.Fatal(err)
	}
	if file.Seed != 7 || len(file.Rules) != 2 || file.Rules[1].At != 5*time.Second || file.Rules[0].Times != 3 {
		t.Errorf("%+v", file)
	}
	for text, want := range map[string]string{
		"":                          "it is empty",
		"seed: 1":                   "it has no rules",
		"ruels: []":                 "field ruels not found",
		"rules:\n- fork:error=E\n":  "line 2: rule \"fork:error=E\": unknown error",
		"rules:\n- a\n- {at: 1s}\n": "line 2: rule \"a\": unknown call",
		"rules:\n- [fork]\n":        "line 2: a rule is one line of text",
		"rules: 7":                  "cannot unmarshal",
	} {
		if _, err := ReadFile(strings.NewReader(text), defaults); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
