package diagnose

import (
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// TestNamesTheFlag holds which flag the hint names for a server that is no echo server
// on purpose.
func TestNamesTheFlag(t *testing.T) {
	for name, c := range map[string]struct {
		failed []report.Requirement
		id     string
		flags  []string
	}{
		"greets": {[]report.Requirement{
			failure("echo/exact", wrong(0, `hello\n`, `Welcome\nhello\n`, false)),
			failure("echo/dribble", wrong(0, `one by one\n`, `Welcome\none by one\n`, false)),
		}, "greets", []string{"--greeting any"}},
		"speaks HTTP": {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `HTTP/1.1 400 Bad Request\r\n`, false))},
			"other-protocol", []string{"--protocol silent"}},
		"answers lines": {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `ERR unknown command\n`, false))},
			"does-not-echo", []string{"--protocol line", "--protocol silent"}},
	} {
		t.Run(name, func(t *testing.T) {
			first := causes(t, run(nil, nil, c.failed...), nil)[0]
			if first.ID != c.id {
				t.Errorf("the first cause is %s, want %s", first.ID, c.id)
			}
			for _, flag := range c.flags {
				if !strings.Contains(first.Hint, flag) {
					t.Errorf("%q does not name %s", first.Hint, flag)
				}
			}
		})
	}
}
