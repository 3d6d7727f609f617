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

// A mark shows a verdict by a sign and a colour. The verdict's word stands beside
// it, so that colour alone never tells.
type mark struct {
	sign  string
	ascii string
	color color
}

var marks = map[Verdict]mark{
	Pass:          {"✓", "+", green},
	Fail:          {"✗", "x", red},
	Advice:        {"!", "!", yellow},
	NotApplicable: {"–", "-", dim},
	Error:         {"?", "?", yellow},
	NotRun:        {"·", ".", dim},
}

// Sign returns the sign of a verdict: "✓", "✗".
func (v Verdict) Sign() string { return marks[v].sign }

// markOf returns the sign and the word of a verdict, without colour.
func (s Style) markOf(v Verdict) string {
	m := marks[v]
	if s.ASCII {
		return m.ascii + " " + string(v)
	}
	return m.sign + " " + string(v)
}

// ColorFor reports whether to print colours. --no-color and NO_COLOR disable them
// (no-color.org: set and not empty). Otherwise FORCE_COLOR enables them, or disables
// them if it is 0 or false. Otherwise a terminal has them unless TERM is dumb.
func ColorFor(isTerminal bool, noColorFlag bool, getenv func(string) string) bool {
	if noColorFlag || getenv("NO_COLOR") != "" {
		return false
	}
	switch strings.ToLower(getenv("FORCE_COLOR")) {
	case "":
		return isTerminal && getenv("TERM") != "dumb"
	case "0", "false":
		return false
	default:
		return true
	}
}

// LiveFor reports whether a status line can be rewritten in place.
func LiveFor(isTerminal bool, getenv func(string) string) bool {
	return isTerminal && getenv("TERM") != "dumb"
}

// ASCIIFor reports whether to print only ASCII, because the locale's character set
// is not UTF-8. The first of LC_ALL, LC_CTYPE and LANG that is set counts; with none
// set it is the POSIX locale (locale(7)).
func ASCIIFor(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			value = strings.ToLower(value)
			return !strings.Contains(value, "utf-8") && !strings.Contains(value, "utf8")
		}
	}
	return true
}
