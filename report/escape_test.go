package report

import (
	"strings"
	"testing"
	"testing/quick"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"clean text, naïve §5.10 日本": "clean text, naïve §5.10 日本",
		"\x1b[31mred":                `\x1b[31mred`,
		"a\nb\tc\rd\x00\x7f":         `a\nb\tc\rd\x00\x7f`,
		"\u009b31m":                  `\u009b31m`,
		"\x9b":                       `\x9b`,
		"\u202eabc\u2066":            `\u202eabc\u2066`,
		"a\u200bb\u2028\ufeff":       `a\u200bb\u2028\ufeff`,
		"\u3164\u034f\ufe0f":         `\u3164\u034f\ufe0f`,
		"\U000e0041":                 `\U000e0041`,
		"cut \xe2\x82":               `cut \xe2\x82`,
		"::error::x":                 `\x3a:error::x`,
		" \u00a0::error file=a::x":   " \u00a0" + `\x3a:error file=a::x`,
		"::1":                        "::1",
		"[::]:40001 and ::a::":       "[::]:40001 and ::a::",
		"a ##[error]b ###[x]":        `a #\x23[error]b ##\x23[x]`,
		"##vso[task.x]":              `#\x23vso[task.x]`,
		"## heading":                 "## heading",
		"##teamcity[testFailed]":     `#\x23teamcity[testFailed]`,
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestEscapeProperties(t *testing.T) {
	property := func(s string, raw []byte) bool {
		return escapes(t, s) && escapes(t, string(raw)) && escapes(t, s+string(raw)+s)
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 500}); err != nil {
		t.Error(err)
	}
}

func TestEscapeEveryCharacter(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		switch r {
		case 0x40000: // planes 4 to 13 are empty
			r = 0xe0000
		case 0xf1000: // the last two are all for private use
			r = 0x10ff00
		}
		if line := Line(string(r)); !harmless(line) || line == "" {
			t.Errorf("Line returns %q for %U", line, r)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", hostile, "::a::", " ##[x]\n::b::", "\xff\u202e", "plain"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !escapes(t, s) {
			t.Fail()
		}
	})
}

// escapes reports whether Line escapes all of s, and leaves its own output unchanged.
func escapes(t *testing.T, s string) bool {
	t.Helper()
	line := Line(s)
	ok := harmless(line) && !command(line) && Line(line) == line
	if !ok {
		t.Errorf("%q: Line returns %q", s, line)
	}
	return ok
}

// harmless reports whether s is UTF-8 without an invisible character.
func harmless(s string) bool {
	for _, r := range s {
		if unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
			return false
		}
	}
	return utf8.ValidString(s)
}

// command reports whether a CI system could take the line for a command.
func command(line string) bool {
	start := strings.TrimSpace(line)
	return strings.HasPrefix(start, "::") && strings.Contains(start[2:], "::") ||
		strings.Contains(line, "##[") || strings.Contains(line, "##vso[") || strings.Contains(line, "##teamcity[")
}
