package consumers

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/reporttest"
)

// pages are servers whose pages are opened, by what is to be seen on them.
var pages = map[string][]string{
	"conformant":              {"--target", "reference"},
	"four-zombies":            {"--target", "reap-once"},
	"parent-keeps-connection": {"--target", "parent-keeps-connection"},
	"ends-at-once":            {"--", "true"},
	"one-at-a-time":           {"--target", "waits-for-child"},
	"with-chaos":              {"--target", "reference", "--only", "launch", "--chaos", "1"},
}

// widths are those of a telephone and of a desk.
var widths = []int64{360, 1440}

// TestPage opens the page of each server from its file in Chromium, in dark and light, on
// a telephone and on a desk. Screenshots stay in bin/screenshots.
func TestPage(t *testing.T) {
	wanted(t)
	shots, err := filepath.Abs("../../bin/screenshots")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"hostile":          write(t, "html", results(t)["hostile text"]),
		"fails-everything": write(t, "html", failing(t)),
	}
	for name, flags := range pages {
		files[name] = filepath.Join(t.TempDir(), name+".html")
		cmd := exec.CommandContext(t.Context(), "../../bin/forkproof", append([]string{"check", "-q", "--html", files[name]}, flags...)...)
		_ = cmd.Run() // most do not conform
	}
	chromium := start(t)
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			b := open(t, chromium, file)
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range widths {
					b.looksWell(scheme, width)
				}
				b.isAccessible(scheme)
				b.screenshot(filepath.Join(shots, name+"-"+scheme+".png"))
			}
			b.runsNothing()
			b.folds()
			b.foldsWithoutScripts(file)
			if said := b.said(); said != "" {
				t.Errorf("Chromium says %s", said)
			}
		})
	}
}

// failing returns the result of a server that meets nothing.
func failing(t *testing.T) report.Result {
	t.Helper()
	r := reporttest.Result(t)
	evidence := r.Of("descriptors/parent-closes-connection").Evidence
	for i := range r.Requirements {
		q := &r.Requirements[i]
		q.Verdict, q.Found, q.Evidence = report.Fail, "it does not", evidence
	}
	r.Summarise()
	return r
}

// A browser shows one page.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu   sync.Mutex
	told []string // errors on the console, and what was loaded
}

// start starts Chromium.
func start(t *testing.T) context.Context {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(profile(t)))
	allocated, cancel := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocated)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for Chromium to end
		cancel()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// open opens a file in a tab of its own.
func open(t *testing.T, chromium context.Context, file string) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	chromedp.ListenTarget(ctx, b.hear)
	b.do(network.Enable(), log.Enable(), runtime.Enable(), chromedp.Navigate("file://"+file))
	return b
}

// profile returns a directory that is removed when Chromium, which writes to it until it
// has ended, has.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "forkproof-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// hear notes what a page must not bring about.
func (b *browser) hear(event any) {
	told := ""
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		told = "exception: " + e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			told = "console: " + e.Type.String()
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			told = "log: " + e.Entry.Text
		}
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file:") {
			told = "it loads " + e.Request.URL
		}
	case *page.EventJavascriptDialogOpening:
		told = "it opens a dialogue: " + e.Message
	}
	if told != "" {
		b.mu.Lock()
		b.told = append(b.told, told)
		b.mu.Unlock()
	}
}

func (b *browser) said() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.told, "; ")
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// value evaluates an expression of the page.
func value[T any](b *browser, expression string) (v T) {
	b.t.Helper()
	b.do(chromedp.Evaluate(expression, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// looksWell expects that nothing has to be scrolled to the side.
func (b *browser) looksWell(scheme string, width int64) {
	b.t.Helper()
	b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500))
	for _, open := range []string{"false", "true"} {
		if over := value[int](b, "document.querySelectorAll('details').forEach(d => d.open = "+open+"), document.documentElement.scrollWidth - innerWidth"); over > 0 {
			b.t.Errorf("%s, %d px wide, folds open %s: %d px too wide", scheme, width, open, over)
		}
	}
}

// isAccessible expects that axe finds no serious violation, with every fold open.
func (b *browser) isAccessible(scheme string) {
	b.t.Helper()
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		b.t.Fatal(err)
	}
	b.do(chromedp.Evaluate(string(axe), nil))
	found := value[[]string](b, `axe.run().then(r => r.violations.filter(v => v.impact == 'serious' || v.impact == 'critical').map(
		v => v.id + ': ' + v.help + ': ' + v.nodes.slice(0, 2).map(n => n.html + ' ' + n.any.concat(n.all, n.none).map(a => a.message)).join(' and ')))`)
	for _, violation := range found {
		b.t.Errorf("%s: %s", scheme, violation)
	}
}

// runsNothing expects that there is nothing in the page that could run or load.
func (b *browser) runsNothing() {
	b.t.Helper()
	live := value[[]string](b, `[...document.querySelectorAll('*')].filter(e =>
		/^(script|iframe|object|embed|link|base|form|img|image|audio|video)$/i.test(e.tagName) ||
		[...e.attributes].some(a => /^on/i.test(a.name) || /^\s*(javascript|data|https?):/i.test(a.value) && a.name != 'xmlns')).map(e => e.outerHTML.slice(0, 80))`)
	for _, element := range live {
		b.t.Errorf("live: %s", element)
	}
}

const firstFold = "document.querySelector('details')"

// folds opens and closes the first fold by a click and by keys.
func (b *browser) folds() {
	b.t.Helper()
	if !value[bool](b, firstFold+" != null") {
		return
	}
	value[any](b, firstFold+".open = false")
	b.do(chromedp.Click("details > summary", chromedp.NodeVisible))
	byClick := value[bool](b, firstFold+".open")
	b.do(chromedp.Focus("details > summary"), chromedp.KeyEvent(kb.Enter))
	if !byClick || value[bool](b, firstFold+".open") {
		b.t.Errorf("a fold does not follow a click (opened: %v) or the Enter key", byClick)
	}
}

// foldsWithoutScripts opens the first fold in a browser that runs no script.
func (b *browser) foldsWithoutScripts(file string) {
	b.t.Helper()
	if !value[bool](b, firstFold+" != null") {
		return
	}
	at := value[[]float64](b, "(() => { scrollTo(0, 0); const r = document.querySelector('details > summary').getBoundingClientRect();"+
		"return [r.left + 5, r.top + r.height / 2] })()")
	b.do(emulation.SetScriptExecutionDisabled(true), chromedp.Navigate("file://"+file),
		emulation.SetDeviceMetricsOverride(widths[1], int64(at[1])+20, 1, false))
	before := b.height()
	b.do(chromedp.MouseClickXY(at[0], at[1]))
	if b.height() == before {
		b.t.Error("without scripts a fold does not follow a click")
	}
}

// height is how high the page is.
func (b *browser) height() (height float64) {
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		_, _, _, _, _, content, err := page.GetLayoutMetrics().Do(ctx)
		if err == nil {
			height = content.Height
		}
		return err
	}))
	return height
}

// screenshot keeps a picture of the page with the folds of failures as they are at first.
func (b *browser) screenshot(path string) {
	b.t.Helper()
	var png []byte
	b.do(chromedp.Reload(), chromedp.FullScreenshot(&png, 100))
	if err := os.WriteFile(path, png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
