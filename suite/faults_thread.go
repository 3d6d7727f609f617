package suite

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "faults/thread-eagain", Level: report.Should,
	BuildsOn: needsControl,
	Title:    "drops only the one client for which a thread cannot be made",
	Rule:     "pthread_create returns EAGAIN when there are too many threads: that concerns one client, which sees the end of its connection",
	Why:      "threads count against the limit on processes, and other programs of the same user use it up; a server that ends, ends for all",
	Source:   "pthread_create(3), ERRORS; clone(2), EAGAIN; UNP 3rd ed. §26.4",
	Provoked: "a client is served and stays; the clone(CLONE_THREAD) for the next one fails with EAGAIN, injected with ptrace; a third connects",
	Hint:     "pthread_create returns the error and does not set errno: if it is not 0, log it, close(connfd), and go on",
}, func(c *Case) {
	s := c.Launch()
	threadForEach(c, s)
	callFails(c, s, Failing(trace.Thread, unix.EAGAIN, 1))
})

// threadForEach ends the spec, as not applicable, unless each of some clients has a
// thread of its own, which waits for what the client says. The threads that a
// language's runtime makes for itself wait for something else.
func threadForEach(c *Case, s *Server) {
	before := len(threadsOf(s))
	g := s.Serve(c.AtOnce(3))
	var connections []int
	snapshot := s.See(match.Everything)
	for _, one := range g {
		for _, h := range snapshot.Holders(one) {
			connections = append(connections, h.FD)
		}
	}
	threads := threadsOf(s)
	waiting := slices.DeleteFunc(slices.Clone(threads), func(t observe.Task) bool {
		fd, on := t.Call.FD()
		return (!on || !t.Call.Reads() || !slices.Contains(connections, fd)) &&
			!strings.HasSuffix(t.Call.Name, "poll") && !strings.Contains(t.Call.Name, "select")
	})
	if len(threads) != before+len(g) || len(waiting) < len(g) {
		c.NotApplicable("it makes no thread for a client")
	}
	s.Leave(g)
	c.Did("saw a thread of its own for each of them; they left")
}

// threadsOf returns the threads of the processes that listened before the first client
// came, once the server sleeps.
func threadsOf(s *Server) (list []observe.Task) {
	s.Rest()
	for _, p := range s.See(match.Everything).Listeners() {
		list = append(list, p.Tasks...)
	}
	return list
}
