package harness

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/suite/match"
)

// A Group is some clients, in the order of connecting.
type Group []*match.Client

// atOnce has every client do the same when a barrier opens.
func (g Group) atOnce(do func(*match.Client)) {
	var ready, done sync.WaitGroup
	open := make(chan struct{})
	ready.Add(len(g))
	for _, c := range g {
		done.Go(crash.Guarded(func() {
			ready.Done()
			<-open
			do(c)
		}))
	}
	ready.Wait()
	close(open)
	done.Wait()
}

// Names lists the clients: "client 2", "client 1 and client 3", "5 clients,
// client 1 to client 5,".
func (g Group) Names() string {
	switch len(g) {
	case 0:
		return "no client"
	case 1:
		return g[0].Name
	case 2:
		return g[0].Name + " and " + g[1].Name
	}
	return fmt.Sprintf("%d clients, %s to %s,", len(g), g[0].Name, g[len(g)-1].Name)
}

// Count returns a number with its noun: "1 client", "5 clients".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// AtOnce returns how many of n clients may be connected at the same moment: all, or one
// when the server serves one client at a time.
func (c *Case) AtOnce(n int) int {
	c.adapts = true
	if c.alone {
		return 1
	}
	return c.UpTo(n)
}

// Beside serves n clients that stay while others come. Where the server serves one
// client at a time, they leave, and Beside returns none.
func (c *Case) Beside(s *Server, n int) Group {
	c.adapts = true
	if !c.alone {
		return s.Serve(n)
	}
	for range n {
		s.Leave(s.Serve(1))
	}
	return nil
}

// MakeWay expects that clients are served or dropped, and has them leave, where the
// server serves one client at a time: another one is about to come.
func (c *Case) MakeWay(s *Server, g Group) {
	c.adapts = true
	for _, one := range g {
		if c.alone {
			s.Expect(match.ServedOrDropped(one))
			s.Leave(Group{one})
		}
	}
}

// Answers demands, by Expect or Needs, that clients which have spoken are answered: all,
// or one after another, each of which leaves then, when the server serves one client at
// a time, or fewer than there are. It returns those that are still connected.
func (c *Case) Answers(s *Server, g Group, demand func(match.Matcher)) Group {
	c.adapts = true
	if !c.crowded(len(g)) {
		demand(match.Served(g...))
		return g
	}
	for left := slices.Clone(g); len(left) > 0; {
		any := match.Served(left[0])
		for _, one := range left[1:] { // that which was accepted first
			any = match.Either(any, match.Served(one))
		}
		demand(any)
		i := max(slices.IndexFunc(left, s.serves), 0)
		s.Leave(left[i : i+1])
		left = slices.Delete(left, i, i+1)
	}
	return nil
}

// MustLast ends the spec when the server has said something to a client that says
// nothing, and has then ended the connection: there is none to be held in service.
func (c *Case) MustLast(g Group) {
	for _, one := range g {
		c.mayStillSpeak(one)
		if h := one.History(); one.Waits() && h.EndedByServer() && h.Received > 0 {
			c.NotApplicable("the server ends the connection by itself, after %d bytes, so no client stays connected", h.Received)
		}
	}
}

// mayStillSpeak ends the spec, as a shortfall, when a client has spoken already and the
// server answers one message of each client only.
func (c *Case) mayStillSpeak(one *match.Client) {
	if c.brief && one.History().Queued > 0 {
		c.FallShort(match.Finding{
			Expected: "every message of a client is answered",
			Found:    "the first is, and this requirement needs more",
		})
	}
}

// say returns how a step is told: by its first wording when clients are answered, by
// its second when nothing is sent.
func (s *Server) say(answered, silent string) string {
	if s.c.config.speaks().Manner().Answers {
		return answered
	}
	return silent
}

// mustBeHandedOver ends the spec when the kernel keeps a client from the server until the
// client sends something, which no client does in a protocol without answers.
func (c *Case) mustBeHandedOver(now match.Snapshot) {
	if one := now.Deferred(); one != nil {
		c.cannotJudgeAny(fmt.Sprintf("the server waits for the first bytes of its clients (TCP_DEFER_ACCEPT), "+
			"and --protocol %s sends none", c.config.Protocol))
	}
}

// InTurn does the same n times, once for each client in turn. A server that takes
// its time with each has only enough turns, and fewer when even these would take
// longer than Limits.Turns. InTurn returns how many there were.
func (c *Case) InTurn(n, enough int, turn func(i int)) int {
	pace := c.pace()
	for i := range n {
		if pace.slow() && (i >= enough || i >= turnsToTell && pace.shortest*time.Duration(enough) > c.config.Limits.Turns) {
			c.Did("stopped after %d of %d clients: the server took %v for them", i, n, pace.taken().Round(10*time.Millisecond))
			return i
		}
		turn(i)
		pace.served(1)
	}
	c.Did("%d clients came and left, one after another", n)
	return n
}

// A pace tells how long a server takes for each client of a loop in which clients connect,
// are served and leave. The time that the machine kept the server waiting does not count.
type pace struct {
	taken func() time.Duration // since the first client came
	noted time.Duration        // taken when the server was last done with a client
	// shortest is the least time that a client took: in a longer one the machine may
	// have had a part.
	shortest time.Duration
}

func (c *Case) pace() *pace {
	return &pace{taken: c.clock(), shortest: c.config.Limits.Turns}
}

// served notes that the server is done with so many more clients.
func (p *pace) served(clients int) {
	now := p.taken()
	p.shortest, p.noted = min(p.shortest, (now-p.noted)/time.Duration(clients)), now
}

// slow says whether the server takes its time with its clients: with each of them, or with
// all together.
func (p *pace) slow() bool {
	return p.noted > 0 && p.shortest > slowTurn || p.taken() > slowTurns
}

const (
	// turnsToTell is after how many turns the shortest tells how long enough of them take: any
	// may have been held up by a busy machine.
	turnsToTell = 3
	// slowTurn is what a server takes at the least for each client that takes its time. The
	// reference takes 2 ms to fork, to answer twice, to end its child and to reap it.
	slowTurn = 10 * time.Millisecond
	// slowTurns is what such a server takes for some clients at the most.
	slowTurns = 1900 * time.Millisecond
)

// clock returns what tells how long something has taken the server: the time that the
// machine kept it waiting does not count.
func (c *Case) clock() func() time.Duration {
	begin, before := time.Now(), c.stalled
	return func() time.Duration { return time.Since(begin) - (c.stalled - before) }
}
