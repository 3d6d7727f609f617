package report

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/quick"
	"time"
	"unicode/utf8"
)

// at returns a Text with a clock that stands still until it is moved.
func at(b *bytes.Buffer, o Options) (*Text, *time.Time) {
	now := time.Unix(0, 0)
	text := NewText(b, o)
	text.status.now = func() time.Time { return now }
	return text, &now
}

func TestLiveStatus(t *testing.T) {
	var b bytes.Buffer
	text, now := at(&b, Options{Live: true, Verbose: true})
	text.status.running = make(chan struct{}) // ticks come from the test
	text.status.total = 2
	r := passed("reaping/one", "leaves no zombie after one client", 1)

	text.RequirementStarted(r.ID, r.Title)
	wrote(t, &b, "  reaping/one  1/2  0.0s")
	*now = now.Add(1200 * time.Millisecond)
	text.tick()
	wrote(t, &b, clearLine+"  reaping/one  1/2  1.2s")
	text.RequirementDone(r)
	wrote(t, &b, clearLine+"\nreaping\n  ✓ pass     one                        leaves no zombie after one client (1 ms)\n"+
		"             1. started the server\n             2. connected one more client: it was answered\n")
	text.tick()
	wrote(t, &b, "")
	text.RequirementStarted("reaping/promptly", "")
	wrote(t, &b, "  reaping/promptly  2/2  0.0s")
	text.Stop()
	wrote(t, &b, clearLine)
	text.Stop()
	text.tick()
	wrote(t, &b, "")
}

// wrote compares what was written since the last call.
func wrote(t *testing.T, b *bytes.Buffer, want string) {
	t.Helper()
	if got := b.String(); got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
	b.Reset()
}

func TestStatusFitsTheTerminal(t *testing.T) {
	s := status{now: time.Now, running: make(chan struct{})}
	s.begin("descriptors/" + strings.Repeat("long", 10))
	if line := s.draw(Style{Width: 20}); utf8.RuneCountInString(line) != 19 {
		t.Errorf("status line %q has %d columns in a terminal of 20, want 19", line, utf8.RuneCountInString(line))
	}
}

// A tick comes by itself, and Stop may be called while lines are printed.
func TestLiveFromManyGoroutines(t *testing.T) {
	ticked := make(chan struct{})
	w := &watcher{seen: func(s string) {
		if strings.HasPrefix(s, clearLine) && strings.HasSuffix(s, "s") {
			select {
			case ticked <- struct{}{}:
			default:
			}
		}
	}}
	text := NewText(w, Options{Live: true})
	r := fixture()
	text.Begin(r.Tool, r.Target, r.Environment, 0)
	text.RequirementStarted("reaping/one", "")
	select {
	case <-ticked:
	case <-time.After(10 * time.Second):
		t.Fatal("the status line was not redrawn within 10 s")
	}
	var all sync.WaitGroup
	all.Go(func() {
		for _, q := range r.Requirements {
			text.RequirementStarted(q.ID, q.Title)
			text.RequirementDone(q)
		}
	})
	all.Go(text.Stop)
	all.Wait()
	if err := text.End(r); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(w.all, r.OneLine()+"\n") {
		t.Errorf("the output does not end with the verdict: %q", w.all[max(len(w.all)-200, 0):])
	}
}

type watcher struct {
	seen func(string)
	all  string
}

func (w *watcher) Write(p []byte) (int, error) {
	w.seen(string(p))
	w.all += string(p)
	return len(p), nil
}

func TestNotLiveWritesNoControlCharacters(t *testing.T) {
	got := string(tell(t, fixture(), Options{}))
	if strings.ContainsAny(got, "\x1b\r") {
		t.Errorf("plain output holds control characters: %q", got)
	}
}

type brokenPipe struct{}

var errBroken = errors.New("broken pipe")

func (brokenPipe) Write([]byte) (int, error) { return 0, errBroken }

func TestEndTellsTheFirstWriteError(t *testing.T) {
	text := NewText(brokenPipe{}, Options{})
	text.RequirementDone(passed("a/b", "c", 1))
	if err := text.End(fixture()); !errors.Is(err, errBroken) {
		t.Errorf("End returns %v, want the write error", err)
	}
}

// Whatever a server says, the report stays on its lines and in its columns.
func TestTextProperties(t *testing.T) {
	property := func(said string, output []byte, ascii, verbose bool, width uint8) bool {
		r := fixture()
		o := Options{Style: Style{ASCII: ascii, Width: 60 + int(width)}, Verbose: verbose}
		q := &r.Requirements[1]
		q.Found, q.Diagnosis, q.Evidence.Output = said, "::"+said+"::", string(output)+said
		r.Target.Command = []string{said, string(output)}
		q.Evidence.Processes[0].Role = said
		lines := strings.Split(strings.TrimSuffix(string(tell(t, r, o)), "\n"), "\n")
		for i, line := range lines {
			verdict := i == len(lines)-1 // which is never wrapped
			tooLong := utf8.RuneCountInString(line) > o.width()+len(`\x3a`)-1 && !verdict
			if !harmless(line) || command(line) || tooLong || ascii && strings.IndexFunc(line, notASCII) >= 0 {
				t.Errorf("line %q", line)
				return false
			}
		}
		return true
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 100}); err != nil {
		t.Error(err)
	}
}

func notASCII(r rune) bool { return r >= utf8.RuneSelf }
