package diagnose

import (
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// greetingMissing: a client waits for the greeting that the dialogue has, and so does not
// speak.
func greetingMissing(f *facts, q report.Requirement) bool {
	return f.protocol == "dialogue" && strings.Contains(q.Found, "the greeting ") &&
		anyClient(func(c report.Client) bool { return c.Sent == 0 && c.Received == 0 && c.End == "open" })(f, q)
}

// afterAnother: the client came when one of another kind had talked to the same server.
func afterAnother(q report.Requirement) bool {
	return slices.ContainsFunc(q.Done, func(step string) bool { return strings.HasSuffix(step, " talked and left") })
}

// childServes: the client is served by a process of its own.
func childServes(q report.Requirement) bool {
	return anyProcessOf(q, func(p report.Process) bool { return strings.HasPrefix(p.Role, "serves ") && child(q, p) })
}
