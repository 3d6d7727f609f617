package schedule

import (
	"strings"
	"testing"
	"time"
)

// The log prints in the order of what happened, and nothing after the summary.
func TestLogKeepsOrder(t *testing.T) {
	var out strings.Builder
	begin := time.Now()
	l := newLog(&out, begin, []Rule{{Text: "fork:pass"}})
	for i := range 100 {
		l.hit(hit{rule: "fork:pass", at: begin, pid: 100 + i, what: "clone", injected: "let pass"}, 100)
	}
	l.summary()
	l.say("too late")
	l.summary()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 102 || !strings.Contains(lines[101], "100 hits  fork:pass") {
		t.Fatalf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
	for i, role := range map[int]string{0: "100     server", 1: "101     child", 99: "199     child"} {
		if !strings.Contains(lines[i], role) {
			t.Errorf("line %d is %q, want %q", i, lines[i], role)
		}
	}
}
