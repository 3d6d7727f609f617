package report

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/forkproof/forkproof/internal/crash"
)

// tickInterval is how often the status line shows a new time.
const tickInterval = 100 * time.Millisecond

// clearLine goes to the first column and erases the line (ECMA-48, EL).
const clearLine = "\r\x1b[K"

// A status is the line at the bottom of a terminal that names the requirement being
// judged. Its owner locks it.
type status struct {
	now     func() time.Time
	total   int
	number  int
	id      string
	since   time.Time
	running chan struct{} // closed to end the ticks; nil while there are none
	shown   bool
}

// start calls tick at every interval until stop.
func (s *status) start(tick func()) {
	if s.running != nil {
		return
	}
	running := make(chan struct{})
	s.running = running
	crash.Go(func() {
		ticker := time.NewTicker(tickInterval)
		defer ticker.Stop()
		for {
			select {
			case <-running:
				return
			case <-ticker.C:
				tick()
			}
		}
	})
}

// stop ends the ticks; draw returns nothing from then on.
func (s *status) stop() {
	if s.running != nil {
		close(s.running)
		s.running = nil
	}
	s.id = ""
}

func (s *status) begin(id string) {
	s.id, s.since = id, s.now()
	s.number++
}

func (s *status) done() { s.id = "" }

// erase returns what removes the line from the screen.
func (s *status) erase() string {
	if !s.shown {
		return ""
	}
	s.shown = false
	return clearLine
}

// draw returns the line, no wider than the terminal: a line that wraps could not be
// erased.
func (s *status) draw(style Style) string {
	if s.running == nil || s.id == "" {
		return ""
	}
	s.shown = true
	count := fmt.Sprint(s.number)
	if s.total > 0 {
		count = fmt.Sprintf("%d/%d", s.number, s.total)
	}
	text := fmt.Sprintf("  %s  %s  %.1fs", style.plain(s.id), count, s.now().Sub(s.since).Seconds())
	if room := style.width() - 1; utf8.RuneCountInString(text) > room {
		text = chop(text, room)[0]
	}
	return style.paint(dim, text)
}
