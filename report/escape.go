package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes text that is not ours fit for one line of a terminal or of a file
// that a person reads. What would steer a terminal, hide, or turn the reading
// order round becomes a visible escape: C0 and C1 control characters and DEL
// (ECMA-48), bytes that are not UTF-8, bidirectional controls and other format
// characters, zero-width characters and line separators (Unicode categories
// Cc, Cf, Zl, Zp, Co, Cn and the default-ignorable ones). Newlines and tabs
// become \n and \t. Log commands of CI systems are broken up. Text that holds
// none of these stays as it is.
func Line(s string) string { return escape(s, "") }

// Block is Line for text of several lines: newlines and tabs stay.
func Block(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = escape(line, "\t")
	}
	return strings.Join(lines, "\n")
}

// escape makes every character visible but the ones to keep.
func escape(s, keep string) string {
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

// visible says whether a reader sees r for what it is.
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7f
	}
	return unicode.IsGraphic(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// code writes r as an escape that Go and C programmers know.
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
