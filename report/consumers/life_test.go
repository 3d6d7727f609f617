package consumers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// moments are those of a lecture, by the text of the step, and the rows of the
// descriptor tables that are lit up then: their class, and how many there are.
var moments = []struct {
	name, text, class string
	lit               int
}{
	{"accept", "accept(3) = 4", "new", 1},
	{"fork", "fork() = ", "new", 5},
	{"parent-close", "close(4) = 0", "closed", 1},
	{"child-close", "close(3) = 0", "closed", 1},
}

// TestLife steps through the page of a trace by keys, by clicks and by the scrubber.
func TestLife(t *testing.T) {
	wanted(t)
	shots, err := filepath.Abs("../../bin/screenshots")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "trace.html")
	if out, err := exec.CommandContext(t.Context(), "../../bin/forkproof", "trace", "--html", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b := open(t, start(t), file)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range widths {
			b.looksWell(scheme, width)
		}
		b.isAccessible(scheme)
	}
	b.do(emulation.SetDeviceMetricsOverride(1440, 900, 1, false))
	const current = "document.querySelector('li[aria-current]')"
	b.do(chromedp.Evaluate("document.body.focus()", nil))
	for _, m := range moments {
		for !strings.Contains(value[string](b, current+".innerText"), m.text) {
			before := value[string](b, current+".id")
			b.do(chromedp.KeyEvent(kb.ArrowRight))
			if value[string](b, current+".id") == before {
				t.Fatalf("no step says %q", m.text)
			}
		}
		if n := value[int](b, "document.querySelectorAll('#scene .mark."+m.class+"').length"); n != m.lit {
			t.Errorf("%s: %d rows are %s, want %d", m.name, n, m.class, m.lit)
		}
		var png []byte
		b.do(chromedp.CaptureScreenshot(&png))
		if err := os.WriteFile(filepath.Join(shots, "trace-"+m.name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := value[string](b, current+".id")
	b.do(chromedp.KeyEvent(kb.ArrowLeft), chromedp.KeyEvent(kb.ArrowRight))
	if now := value[string](b, current+".id"); now != at {
		t.Errorf("left and right lead from %s to %s", at, now)
	}
	b.do(chromedp.Click("#step3"))
	if now := value[string](b, current+".id"); now != "step3" {
		t.Errorf("a click on step 3 leads to %s", now)
	}
	value[any](b, "scrubber.value = 7, scrubber.dispatchEvent(new Event('input'))")
	if now := value[string](b, current+".id"); now != "step7" {
		t.Errorf("the scrubber at 7 leads to %s", now)
	}
	b.withoutScripts(file)
	if said := b.said(); said != "" {
		t.Errorf("Chromium says %s", said)
	}
}

// withoutScripts expects that all steps, with their pictures, stand one below the other.
func (b *browser) withoutScripts(file string) {
	b.t.Helper()
	steps := value[int](b, "document.querySelectorAll('#steps > li').length")
	b.do(emulation.SetScriptExecutionDisabled(true), chromedp.Navigate("file://"+file))
	visible := value[[]bool](b, "[...document.querySelectorAll('#steps > li')].map(e => e.offsetHeight > 0 && (!e.querySelector('.after') || e.querySelector('.after').offsetHeight > 0))")
	if len(visible) != steps {
		b.t.Errorf("without scripts there are %d steps, want %d", len(visible), steps)
	}
	for i, seen := range visible {
		if !seen {
			b.t.Errorf("without scripts step %d is hidden", i+1)
		}
	}
	if value[bool](b, "document.getElementById('controls').offsetHeight > 0") {
		b.t.Error("without scripts there are controls that do nothing")
	}
}
