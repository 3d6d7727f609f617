package grade

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
)

// A Progress tells how far a batch is: on a terminal in one line that changes, elsewhere
// a line for each submission. A nil Progress tells nothing.
type Progress struct {
	// To is where it is written.
	To io.Writer
	// Live says that To is a terminal of so many columns.
	Live  bool
	Width int

	mu      sync.Mutex
	since   time.Time
	total   int
	ended   int
	judged  int // of those ended, not those whose result was there
	failed  int
	running []string
	ticking chan struct{}
}

// tick is how often the line is written anew.
const tick = time.Second

func (p *Progress) begin(total int) {
	if p == nil {
		return
	}
	p.total, p.since, p.ticking = total, time.Now(), make(chan struct{})
	if !p.Live {
		return
	}
	ticking := p.ticking
	crash.Go(func() {
		ticker := time.NewTicker(tick)
		defer ticker.Stop()
		for {
			select {
			case <-ticking:
				return
			case <-ticker.C:
				p.mu.Lock()
				p.draw()
				p.mu.Unlock()
			}
		}
	})
}

func (p *Progress) started(name string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running = append(p.running, name)
	p.draw()
}

func (p *Progress) done(name string, state store.State, reason string, judged bool) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.Index(p.running, name); i >= 0 {
		p.running = slices.Delete(p.running, i, i+1)
	}
	p.ended++
	if judged {
		p.judged++
	}
	if state != store.Judged {
		p.failed++
	}
	if p.Live {
		p.draw()
		return
	}
	what := string(state)
	if !judged {
		what += ", from before"
	}
	if reason != "" {
		what += ": " + reason
	}
	p.write(fmt.Sprintf("%d/%d %s: %s\n", p.ended, p.total, report.Line(name), report.Line(what)))
}

// again tells that a submission is tried once more.
func (p *Progress) again(name string) {
	if p != nil && !p.Live {
		p.write(fmt.Sprintf("once more, alone: %s\n", report.Line(name)))
	}
}

func (p *Progress) end() {
	if p == nil || p.ticking == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.ticking)
	p.ticking = nil
	if p.Live {
		p.write("\r\x1b[K")
	}
}

// draw writes the line of a terminal. Its owner locks.
func (p *Progress) draw() {
	if !p.Live || p.ticking == nil {
		return
	}
	const cells = 20
	filled := cells * p.ended / max(p.total, 1)
	line := fmt.Sprintf("[%s%s] %d of %d done, %d running, %d without a result%s", strings.Repeat("#", filled),
		strings.Repeat(".", cells-filled), p.ended, p.total, len(p.running), p.failed, p.left())
	if len(p.running) > 0 {
		line += ": " + report.Line(strings.Join(p.running, ", "))
	}
	if room := p.Width - 1; room > 0 && utf8.RuneCountInString(line) > room {
		line = string([]rune(line)[:room])
	}
	p.write("\r\x1b[K" + line)
}

// left says how long the rest takes at the pace so far.
func (p *Progress) left() string {
	if p.judged == 0 || p.ended == p.total {
		return ""
	}
	each := time.Since(p.since) / time.Duration(p.judged)
	return fmt.Sprintf(", %v left", (each * time.Duration(p.total-p.ended)).Round(time.Second))
}

func (p *Progress) write(text string) { _, _ = io.WriteString(p.To, text) } // progress is no result
