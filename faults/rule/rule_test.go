package rule

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
)

var defaults = Rule{Probability: 1, Who: All}

func TestParse(t *testing.T) {
	for text, want := range map[string]Rule{
		"fork:error=EAGAIN":                  {Action: Call{trace.Injection{Family: trace.Fork, Errno: unix.EAGAIN}}},
		"accept:error=EMFILE:times=3":        {Action: Call{trace.Injection{Family: trace.Accept, Errno: unix.EMFILE}}, Times: 3},
		"write:short=1K:every=2s":            {Action: Call{trace.Injection{Family: trace.Write, Short: 1024}}, Every: 2 * time.Second},
		"wait:delay=300ms:at=5s":             {Action: Call{trace.Injection{Family: trace.Wait, Delay: 300 * time.Millisecond}}, At: 5 * time.Second},
		"thread:pass:probability=0.5":        {Action: Call{trace.Injection{Family: trace.Thread}}, Probability: 0.5},
		"read:error=EINTR:who=child:fd=any":  {Action: Call{trace.Injection{Family: trace.Read, Errno: unix.EINTR}}, Who: Child},
		"signal=SIGCHLD":                     {Action: Signal{Signal: unix.SIGCHLD}},
		"signal=SIGHUP@start":                {Action: Signal{Signal: unix.SIGHUP}},
		"signal=SIGCHLD@fork:times=2":        {Action: Signal{unix.SIGCHLD, trace.Fork}, Times: 2},
		"nofile=20:for=2s":                   {Action: Descriptors{Limit: 20}, For: 2 * time.Second},
		"nofile=full":                        {Action: Descriptors{Full: true}},
		"memory=10M":                         {Action: Memory{10 << 20}},
		"processes=0:who=server":             {Action: Processes{0}, Who: Server},
		"freeze=500ms:at=1s:every=2s":        {Action: Freeze{500 * time.Millisecond}, At: time.Second, Every: 2 * time.Second},
		"loopback=1s":                        {Action: Loopback{time.Second}},
		"crowd=1s":                           {Action: Crowd{time.Second}},
		"client=vanish":                      {Action: Client{Vanish}},
		"client=reset:every=10ms:times=1000": {Action: Client{Reset}, Every: 10 * time.Millisecond, Times: 1000},
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
		if want.Who == "" {
			want.Who = All
		}
		if call, ok := got.Action.(Call); ok {
			call.On = nil // functions cannot be compared; see TestDescriptors
			got.Action = call
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", text, got, want)
		}
	}
}

func TestDescriptors(t *testing.T) {
	for text, want := range map[string]bool{ // whether descriptor 7, which is no socket, is chosen
		"read:error=EIO": false, "read:error=EIO:fd=any": true, "write:short=1:fd=7": true, "write:short=1:fd=8": false,
		"accept:error=EIO": true, "close:error=EIO:fd=socket": false,
	} {
		r, err := Parse(text, defaults)
		if err != nil {
			t.Error(err)
			continue
		}
		on := r.Action.(Call).On
		if got := on == nil || on(unix.Gettid(), 7); got != want {
			t.Errorf("%s: descriptor 7 is chosen: %v", text, got)
		}
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	for text, want := range map[string]string{
		"frok:error=EAGAIN":           `unknown call "frok": known are fork, thread, accept, read, write, wait, close, poll; other rules are client=,`,
		"fork":                        "say what is to be done to fork",
		"fork:fail":                   `unknown action "fail": known are error=ERRNO, short=BYTES, delay=DURATION, pass`,
		"fork:error=EAGAN":            `unknown error "EAGAN": known are EPERM, ENOENT,`,
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
