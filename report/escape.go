package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns untrusted text in a form that is safe in one line of a terminal or
// of a file that a person reads. What would control a terminal, hide text or
// reverse the reading order becomes a visible escape: C0 and C1 control characters
// and DEL (ECMA-48), bytes that are not UTF-8, bidirectional controls and other
// format characters, zero-width characters and line separators (Unicode categories
// Cc, Cf, Zl, Zp, Co, Cn and the default-ignorable ones). Newlines and tabs become
// \n and \t. Log commands of CI systems are broken up. Other text is returned
// unchanged.
func Line(s string) string { return escape(s, "") }

// Block returns untrusted text of several lines, each as [Line] makes it, with tabs
// as four spaces. A carriage return before a newline is left out.
func Block(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = Line(strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

// escape is Line, but for the characters to keep.
func escape(s, keep string) string {
	if isPlain(s) {
		return inert(s)
	}
	var b strings.Builder
	for i, width := 0, 0; i < len(s); i += width {
		var r rune
		r, width = utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && width == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case visible(r), strings.ContainsRune(keep, r):
			b.WriteRune(r)
		default:
			b.WriteString(code(r))
		}
	}
	return inert(b.String())
}

// isPlain reports whether s is visible ASCII, as most text is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// visible reports whether a reader can see r and recognise it.
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	return unicode.IsGraphic(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// code returns r as an escape sequence of Go and C.
func code(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	default:
		return fmt.Sprintf(`\u%04x`, r)
	}
}

// A line of a CI log may be a command to the system that collects it. The server
// under test must not be able to issue such commands.
//
// GitHub Actions: "::name …::text" at the start of a line, and "##[name …]"
// anywhere. Azure Pipelines: "##vso[" anywhere. TeamCity: "##teamcity[".
var hashCommands = strings.NewReplacer(
	"##[", `#\x23[`,
	"##vso[", `#\x23vso[`,
	"##teamcity[", `#\x23teamcity[`,
)

// inert breaks up log commands in one line.
func inert(line string) string {
	if strings.Contains(line, "##") {
		line = hashCommands.Replace(line)
	}
	trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
	name, found := strings.CutPrefix(trimmed, "::")
	if !found || !strings.Contains(name, "::") {
		return line
	}
	return line[:len(line)-len(trimmed)] + `\x3a:` + name
}
