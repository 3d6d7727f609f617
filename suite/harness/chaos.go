package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	// chaosClients is how many clients stay connected meanwhile.
	chaosClients = 3
	// chaosReruns bounds the search for the shortest sequence.
	chaosReruns = 60
)

// chaosRequirement is what a server is held to under random faults. It is not
// in the catalogue: only who asks for it is judged by it.
func chaosRequirement(n int, seed uint64) Requirement {
	return Requirement{
		ID: "chaos/random-faults", Level: report.Must,
		Title:    "is alive, serving and leaking nothing after random faults",
		Rule:     "a fault ends with its cause: what a server did before, it does again, and it keeps nothing of those it could not serve",
		Why:      "faults seldom come one at a time",
		Source:   "the sources of the chapters faults, reaping and descriptors",
		Provoked: fmt.Sprintf("%d faults, drawn with seed %d, while clients come, speak and leave", n, seed),
		Hint:     "mend what the shortest sequence shows; forkproof explain tells more about each fault of the chapter faults",
	}
}

// judgeChaos has faults drawn with the seed disturb a fresh server. When it does
// not stand it, the shortest sequence that it does not stand is looked for.
func judgeChaos(ctx context.Context, n int, seed uint64) report.Requirement {
	requirement := chaosRequirement(n, seed)
	r := result(requirement)
	if config.OnStart != nil {
		config.OnStart(r)
	}
	begin := time.Now()
	all := drawDisturbances(n, seed)
	c, outcome := stand(ctx, requirement, all)
	if outcome.verdict == report.Fail {
		c, outcome = shortest(ctx, requirement, all, c, outcome, seed)
	}
	fill(&r, c, outcome)
	r.Collateral = false // no other requirement shows it
	r.DurationMS = float64(time.Since(begin).Microseconds()) / 1000
	if config.OnDone != nil {
		config.OnDone(r)
	}
	return r
}

// stand starts a server, disturbs it, and says how it came through.
func stand(ctx context.Context, r Requirement, sequence []disturbance) (*Case, stop) {
	limited, cancel := context.WithTimeout(ctx, config.Limits.Requirement)
	defer cancel()
	c := &Case{requirement: r, config: config, ctx: limited}
	return c, c.run(func(c *Case) {
		s := c.Launch()
		s.comeAndGo(2)
		before := s.rest()
		s.endure(sequence)
		s.expectStands(before)
	})
}

// shortest looks for the shortest sequence that the server does not stand, and
// gives the case that showed it.
func shortest(ctx context.Context, r Requirement, all []disturbance, c *Case, outcome stop, seed uint64) (*Case, stop) {
	left := chaosReruns
	sequence := shrink(all, func(part []disturbance) bool {
		if left == 0 {
			return false
		}
		left--
		again, other := stand(ctx, r, part)
		if other.verdict == report.Fail {
			c, outcome = again, other
			return true
		}
		return false
	})
	names := make([]string, len(sequence))
	for i, d := range sequence {
		names[i] = d.String()
	}
	what := "the shortest sequence that does it"
	if left == 0 {
		what = fmt.Sprintf("the shortest sequence found in %d runs", chaosReruns)
	}
	outcome.finding.Found = fmt.Sprintf("%s (seed %d; %s, %d of %d faults: %s)",
		outcome.finding.Found, seed, what, len(sequence), len(all), strings.Join(names, "; then "))
	return c, outcome
}

// endure has the disturbances strike one after another, while some clients stay
// connected and speak. It stops when the server cannot be disturbed any more.
func (s *Server) endure(sequence []disturbance) {
	hit := 0
	var stay Group
	for _, d := range sequence {
		gone := !s.attempt(func() {
			stay = slices.DeleteFunc(stay, func(c *match.Client) bool { return c.History().Ended() })
			for len(stay) < chaosClients {
				stay = append(stay, s.Serve(1)...)
			}
			if s.strike(d, stay) {
				hit++
			}
		})
		if gone {
			break
		}
	}
	if hit == 0 && len(sequence) > 1 && s.see(match.Descriptors).Alive() {
		s.c.CannotJudge("none of %d faults hit the server", len(sequence))
	}
	s.c.Did("%d of %d faults hit", hit, len(sequence))
}

// attempt does what may not apply to the server, and says whether the server
// still does what it needs.
func (s *Server) attempt(do func()) (stands bool) {
	defer func() {
		recovered := recover()
		ended, ok := recovered.(stop)
		switch {
		case recovered == nil:
		case ok && ended.verdict == report.NotApplicable:
			stands = true
		case ok && ended.verdict == report.Fail:
			s.c.Did("%s", ended.finding.Found)
		default:
			panic(recovered)
		}
	}()
	do()
	return true
}

// strike has one disturbance strike and says whether it hit.
func (s *Server) strike(d disturbance, stay Group) (hit bool) {
	s.c.Did("fault: %v", d)
	disarm := d.arm(s, stay[d.victim])
	guests := make(Group, d.come)
	for i := range guests {
		guests[i] = s.dial()
	}
	speakers := append(slices.Clone(stay), guests...)
	for _, c := range speakers {
		s.say(c)
	}
	s.await(match.ServedOrDropped(speakers...), whenSettled)
	hit = disarm()
	s.await(match.ServedOrDropped(speakers...), whenSettled)
	d.leave.do(s, guests)
	s.leaveAndSettle(guests)
	return hit
}

// expectStands holds the server to serving on, and to keeping nothing, neither
// of the clients that the faults hit nor of any other.
func (s *Server) expectStands(before observe.Picture) {
	s.ExpectServes(nil)
	s.ExpectNothingLeft(before)
	half := s.rest()
	s.comeAndGo(atATime)
	s.Expect(match.NoGrowth(before, half, atATime))
}
