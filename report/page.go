package report

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// A page is text in progress. It passes all text from outside through Style.plain,
// and adds only spaces, newlines and colours.
type page struct {
	Style
	// full prints long lists and tables whole.
	full bool
	// draw draws evidence; nil draws nothing.
	draw func(*Evidence, int, bool) []string
	b    bytes.Buffer
}

// A cell is a piece of a line in one colour.
type cell struct {
	text  string
	color color
}

// narrowest is the least width of text beside its label.
const narrowest = 24

// line prints cells one after another, then text from the given column on, wrapped
// there. If the cells reach into that column, the text begins on the next line.
func (p *page) line(column int, text string, cells ...cell) {
	used, taken := 0, 0
	for _, c := range cells {
		plain := p.plain(c.text)
		if solid := strings.TrimRight(plain, " "); solid != "" {
			taken = used + utf8.RuneCountInString(solid)
		}
		used += utf8.RuneCountInString(plain)
		p.b.WriteString(p.paint(c.color, plain))
	}
	if text == "" {
		p.end()
		return
	}
	column = min(column, max(p.width()-narrowest, 0))
	if taken > 0 && taken >= column {
		p.end()
		used = 0
	}
	column = max(column, used)
	for i, line := range wrap(p.plain(text), p.width()-column) {
		if i > 0 {
			used = 0
		}
		p.b.WriteString(strings.Repeat(" ", column-used) + line)
		p.end()
	}
}

// one prints cells in a line that is never wrapped.
func (p *page) one(cells ...cell) { p.line(0, "", cells...) }

// blank prints an empty line.
func (p *page) blank() { p.end() }

// end ends a line, without spaces at its end.
func (p *page) end() {
	for n := p.b.Len(); n > 0 && p.b.Bytes()[n-1] == ' '; n-- {
		p.b.Truncate(n - 1)
	}
	p.b.WriteByte('\n')
}

// writeTo writes the page.
func (p *page) writeTo(w io.Writer) error {
	_, err := w.Write(p.b.Bytes())
	return err
}

func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(width-utf8.RuneCountInString(text), 0))
}

// wrap breaks text into lines of at most width characters, at spaces if possible.
// There is always at least one line. A line whose start would be a log command is
// three characters longer, by the escape that breaks it up.
func wrap(text string, width int) []string {
	width = max(width, 1)
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n <= width {
			line, used = line+" "+word, used+1+n
			continue
		}
		if used > 0 {
			lines = append(lines, inert(strings.TrimRight(line, " ")))
		}
		pieces := chop(word, width)
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
		used = utf8.RuneCountInString(line)
	}
	return append(lines, inert(strings.TrimRight(line, " ")))
}

// chop cuts text after every width characters. There is always one piece.
func chop(text string, width int) []string {
	width = max(width, 1)
	var pieces []string
	for utf8.RuneCountInString(text) > width {
		end := 0
		for range width {
			_, n := utf8.DecodeRuneInString(text[end:])
			end += n
		}
		pieces = append(pieces, inert(text[:end]))
		text = text[end:]
	}
	return append(pieces, inert(text))
}
