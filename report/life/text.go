package life

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/forkproof/forkproof/report"
)

// Columns of the text: who, and what it does. The tables are beside that.
const (
	whoColumn  = 2
	callColumn = 17
	leastTable = 30
)

// WriteText writes a life for a terminal: calls at the left, and beside each the
// descriptor tables that it changed, in the order in which things happened.
func WriteText(w io.Writer, l *Life, style report.Style) error {
	width := style.Width
	if width < 80 {
		width = 120
	}
	t := text{life: l, width: width, table: callColumn + max(leastTable, (width-callColumn)*45/100)}
	t.line("%s: %s", l.Title(), report.Line(l.Scenario))
	if l.Address != "" {
		t.line("it listens on %s", l.Address)
	}
	t.line("")
	for r := NewReplay(l); ; {
		s, more := r.Next()
		if !more {
			break
		}
		t.step(s, r)
	}
	t.line("")
	if l.Verdict != "" {
		t.line("%s: %s", l.Verdict, report.Line(l.Found))
	}
	t.line("%s", report.Line(l.Left))
	for _, note := range l.Notes {
		t.line("note: %s", report.Line(note))
	}
	text := t.b.String()
	if style.ASCII {
		text = ascii.Replace(text)
	}
	_, err := io.WriteString(w, text)
	return err
}

var ascii = strings.NewReplacer("│", "|", "…", "...", "–", "-", "−", "-")

type text struct {
	b            bytes.Buffer
	life         *Life
	width, table int
}

func (t *text) line(format string, args ...any) {
	fmt.Fprintf(&t.b, strings.TrimRight(format, " ")+"\n", args...)
}

// step writes one step, and the tables that it changed.
func (t *text) step(s Step, r *Replay) {
	who := s.Client
	switch {
	case s.PID != 0:
		who = t.life.Name(s.PID)
	case s.Kind == Note:
		who = ""
	}
	what := s.Text
	if s.Kind == Came {
		what = strings.TrimPrefix(what, s.Client+" ")
	}
	if s.Place != nil && s.Place.Line > 0 {
		what += "  " + s.Place.String()
	}
	left := wrapped(report.Line(what), t.table-callColumn-2)
	right := t.tables(s, r)
	for i := range max(len(left), len(right)) {
		line := strings.Repeat(" ", callColumn)
		if i == 0 {
			line = pad(strings.Repeat(" ", whoColumn)+report.Line(who), callColumn)
		}
		if i < len(left) {
			line += left[i]
		}
		if i < len(right) {
			line = pad(line, t.table) + "│ " + right[i]
		}
		t.b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}

// tables returns the tables that a step changed, each as a line or more.
func (t *text) tables(s Step, r *Replay) (lines []string) {
	var pids []int
	states := map[int]string{}
	changed := map[int]map[int]Change{}
	for _, c := range s.Changes {
		if changed[c.PID] == nil {
			pids = append(pids, c.PID)
			changed[c.PID] = map[int]Change{}
		}
		if c.State != "" {
			states[c.PID] = c.State
		} else {
			changed[c.PID][c.FD] = c
		}
	}
	for _, pid := range pids {
		head := fmt.Sprintf("%d  ", pid)
		switch states[pid] {
		case Zombie, Gone:
			lines = append(lines, head+map[string]string{Zombie: "✝ zombie", Gone: "gone: it was waited for"}[states[pid]])
			continue
		case Stopped:
			head += "stopped  "
		}
		var cells []cell
		born := s.Kind == Fork && s.Child == pid
		for _, row := range mergedTable(r.Table(pid), changed[pid]) {
			c, new := changed[pid][row.FD]
			sign := ""
			switch {
			case new && c.Closed:
				sign = "−"
			case new && !born:
				sign = "+"
			}
			cells = append(cells, cell{sign, brief(row), row.FD})
		}
		room := t.width - t.table - 2 - utf8.RuneCountInString(head)
		for i, line := range flow(folded(cells), room) {
			if i > 0 {
				head = strings.Repeat(" ", utf8.RuneCountInString(head))
			}
			lines = append(lines, head+line)
		}
	}
	return lines
}

// mergedTable adds to a table the descriptors that are gone since the step before.
func mergedTable(table []Change, changed map[int]Change) []Change {
	for _, c := range changed {
		if c.Closed {
			table = append(table, c)
		}
	}
	slices.SortFunc(table, func(a, b Change) int { return cmp.Compare(a.FD, b.FD) })
	return table
}

// brief says in a word or two what a descriptor refers to.
func brief(c Change) string {
	switch {
	case c.Client != "":
		return c.Client
	case strings.HasPrefix(c.What, "listening socket "):
		return "listening " + c.What[strings.LastIndexByte(c.What, ':'):]
	case strings.HasPrefix(c.What, "connection from "):
		return "connection " + c.Peer
	case c.Kind == "file" && strings.Count(c.What, "/") > 2:
		return "…/" + path.Base(c.What)
	}
	return c.What
}

// A cell is a descriptor in a line of a table.
type cell struct {
	sign, what string
	fd         int
}

func (c cell) String() string { return fmt.Sprintf("%s%d %s", c.sign, c.fd, c.what) }

// folded returns the cells as text. Three or more in a row that refer to the same kind of
// thing, and have not changed, are one.
func folded(cells []cell) (list []string) {
	for len(cells) > 0 {
		n := 1
		for n < len(cells) && cells[n].what == cells[0].what && cells[n].sign == "" && cells[0].sign == "" {
			n++
		}
		if n < 3 {
			n = 1
			list = append(list, cells[0].String())
		} else {
			list = append(list, fmt.Sprintf("%d–%d %s", cells[0].fd, cells[n-1].fd, cells[0].what))
		}
		cells = cells[n:]
	}
	return list
}

// flow sets cells beside each other in lines of at most width characters. Of more than
// six lines it leaves out those in between.
func flow(cells []string, width int) []string {
	const most = 6
	var lines []string
	line := ""
	for _, c := range cells {
		if line != "" && utf8.RuneCountInString(line+"  "+c) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+"  "+c, "  ")
	}
	lines = append(lines, line)
	if len(lines) > most {
		lines = append(append(lines[:most-2:most-2], "…"), lines[len(lines)-1])
	}
	return lines
}

// wrapped breaks a text into lines of at most width characters.
func wrapped(text string, width int) (lines []string) {
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		if line != "" && utf8.RuneCountInString(line+" "+word) > width {
			lines = append(lines, line)
			line = " "
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
}
