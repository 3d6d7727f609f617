package report

import (
	"fmt"
	"strings"
)

// A Style is how text is printed.
type Style struct {
	// Color adds red, green, yellow and dim (ECMA-48, SGR).
	Color bool
	// ASCII keeps to ASCII, for locales that are not UTF-8.
	ASCII bool
	// Width is the number of columns to wrap at; 0 means 100.
	Width int
}

const defaultWidth = 100

func (s Style) width() int {
	if s.Width <= 0 {
		return defaultWidth
	}
	return s.Width
}

// A color is the parameter of an SGR sequence.
type color string

const (
	noColor color = ""
	dim     color = "2"
	red     color = "31"
	green   color = "32"
	yellow  color = "33"
)

// paint colours text that has gone through plain.
func (s Style) paint(c color, text string) string {
	if !s.Color || c == noColor || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// plain returns text that is safe in one line.
func (s Style) plain(text string) string {
	text = Line(text)
	if s.ASCII {
		text = toASCII(text)
	}
	return text
}

// spelled replaces the characters of forkproof's own texts by ASCII.
var spelled = strings.NewReplacer(
	"§", "section ", "–", "-", "—", "-", "…", "...", "→", "->", "×", "x", "≤", "<=", "≥", ">=", "µ", "u",
	"“", `"`, "”", `"`, "„", `"`, "‘", "'", "’", "'", "\u00a0", " ",
)

// toASCII spells known characters and escapes the others.
func toASCII(text string) string {
	var b strings.Builder
	for _, r := range spelled.Replace(text) {
		switch {
		case r < 0x80:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
