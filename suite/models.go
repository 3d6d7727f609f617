package suite

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/report"
	. "github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

var _ = Require(Requirement{
	ID: "concurrency/model", Level: report.Must, Models: Designed,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "serves its clients in the way of the model that it is judged by",
	Rule:     "a server is iterative, or serves its clients in processes, in threads, or in one loop",
	Why:      "what is asked of a server follows from its model: judged by another one, it is asked too much or too little",
	Source:   "UNP 3rd ed. ch. 30, Client/Server Design Alternatives",
	Provoked: "up to 20 clients connect and say nothing; who holds which connection, in which call, is read from /proc",
	Hint:     "build it by the model that the exercise names, or give the other model with --model",
}, func(c *Case) {
	d := c.Design()
	c.Dismiss()
	switch {
	case !d.Sure:
		c.NotApplicable("which model it has cannot be told: %s; %s", strings.Join(d.Evidence, "; "), d.Surer)
	case FamilyOf(d.Model) != c.Model():
		c.Fail(match.Finding{
			Expected:  fmt.Sprintf("the server is of the model %s", c.Model()),
			Found:     "the server is of another one" + c.Likeness(),
			Diagnosis: strings.Join(d.Evidence, "; "),
		})
	}
	c.Did("it is %s server: %s", WithArticle(d.Model), strings.Join(d.Evidence, "; "))
})

// waiting is how many clients wait at most while another one is served: what many a short
// backlog has room for.
const waiting = 3

var _ = Require(Requirement{
	ID: "concurrency/in-turn", Level: report.Must, Models: OneByOne,
	BuildsOn: []string{"launch/serves-again"},
	Title:    "serves the clients that wait in the order in which they came, and loses none",
	Rule:     "accept takes the first connection from the queue of those that are complete",
	Why:      "a client that was let in and is then dropped, or overtaken, cannot tell that from a server that is down",
	Source:   "accept(2); UNP 3rd ed. §4.6, §1.5",
	Provoked: "one client is served; up to three more connect and speak; each leaves once it is served, and the one that came next has to be served then",
	Hint:     "accept one client, serve it to its end, close it, and accept the next",
}, func(c *Case) {
	s := c.Launch()
	now := s.Serve(1)
	var queue Group
	for range waiting {
		one := s.Dial()
		if !s.Reaches(match.Connected(one)) {
			one.Reset() // the backlog is full: it is none of those that wait
			break
		}
		queue = append(queue, one)
	}
	s.Prove(match.Connected(queue...))
	s.Say(queue)
	for _, one := range queue {
		s.Leave(now)
		s.Expect(match.Served(one))
		now = Group{one}
	}
	c.Did("%s were served in that order, each when the one before had left", queue.Names())
})
