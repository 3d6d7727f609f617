package selftest

import (
	"os"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// courseServers are the servers that courses and books have their readers build, as
// forkproof has them built in: a web server in its steps, the designs beside the forking
// one, and a schedule that several users ask at once. The header of each declares what it
// does not meet; why says what a reader of it still has to learn.
var courseServers = []struct{ name, server, why string }{
	{"a course's web server, one accept", "web-accepts-once", "accept belongs into a loop: the second client is never served"},
	{"a course's web server, iterative", "web-iterative", "while the server serves one client, all others wait in the accept queue: fork a child for each"},
	{"a course's web server, both processes keep both sockets", "web-closes-nothing", "the parent keeps the connected socket, so that no client sees the end, the child keeps the listening socket, and the parent does not wait"},
	{"a course's web server, the parent does not wait", "web-never-waits", "the kernel keeps each child as a zombie until its parent waits for it"},
	{"a course's web server, one wait", "web-waits-once", "the handler interrupts accept, which fails with EINTR, and the server ends"},
	{"a course's web server, EINTR handled", "web-goes-on", "five SIGCHLD become one: wait in a loop, with WNOHANG"},
	{"a course's web server, finished", "web-server", "it meets every requirement that applies"},
	{"a book's iterative echo server", "iterative", "as the iterative web server"},
	{"a book's echo server with select", "select", "one process serves all clients"},
	{"a book's preforked echo server", "prefork", "children that accept from one listening socket"},
	{"an exercise's schedule server", "ref-schedule", "what one client adds is there for the next, though each has a process of its own"},
	{"an exercise's schedule server, in turn", "schedules-in-turn", "several users are to ask at the same time, and each waits until the server has served the one before"},
}

// TestCourseServers judges the servers of courses by the whole catalogue.
func TestCourseServers(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_REAL") == "" {
		t.Skip("make real judges them")
	}
	for _, c := range courseServers {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			server, err := catalog.Find(c.server)
			if err != nil {
				t.Fatal(err)
			}
			j := judgeAll(t, []catalog.Server{server}, 1)[0]
			recordVerdicts("real", j)
			compareWithHeader(t, j)
			t.Logf("%s in %.1f s: %d not met: %s", j.result.Verdict, j.result.DurationMS/1000, len(j.having(report.Fail)), c.why)
		})
	}
}
