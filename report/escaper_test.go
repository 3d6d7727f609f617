package report

import (
	"strings"
	"testing"
)

func TestEscaper(t *testing.T) {
	for name, test := range map[string]struct {
		parts []string
		want  string
	}{
		"whole lines":          {[]string{"one\ntwo\n"}, "one\ntwo\n"},
		"a line in parts":      {[]string{"on", "e\ntw", "o"}, "one\ntwo\n"},
		"a steered terminal":   {[]string{"\x1b]0;pwn\a\x1b[2J\r\n"}, `\x1b]0;pwn\x07\x1b[2J\r` + "\n"},
		"a command in parts":   {[]string{":", ":error::x\n"}, Line("::error::x") + "\n"},
		"a character in parts": {[]string{"\xc3", "\xa9\n"}, "é\n"},
		"a line too long":      {[]string{strings.Repeat("x", longestLine+1)}, strings.Repeat("x", longestLine) + "\nx\n"},
		"nothing":              {nil, ""},
	} {
		var out strings.Builder
		e := NewEscaper(&out)
		for _, part := range test.parts {
			if n, err := e.Write([]byte(part)); err != nil || n != len(part) {
				t.Fatal(n, err)
			}
		}
		if err := e.Close(); err != nil || out.String() != test.want {
			t.Errorf("%s: %q, want %q (%v)", name, out.String(), test.want, err)
		}
	}
}
