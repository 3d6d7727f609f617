// Package chaos disturbs a server with a random sequence of faults, and finds the
// shortest part of the sequence that the server does not stand.
package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	// stayConnected is how many clients stay connected meanwhile.
	stayConnected = 3
	// reruns bounds the search for the shortest sequence.
	reruns = 60
)

// Requirement returns what a server is held to under n random faults drawn with a
// seed. It is not in the catalogue: --chaos asks for it.
func Requirement(n int, seed uint64) harness.Requirement {
	return harness.Requirement{
		ID: "chaos/random-faults", Level: report.Must,
		Title:    "is alive, serving and leaking nothing after random faults",
		Rule:     "a fault ends with its cause: what a server did before, it does again, and it keeps nothing of those it could not serve",
		Why:      "faults seldom come one at a time",
		Source:   "the sources of the chapters faults, reaping and descriptors",
		Provoked: fmt.Sprintf("%d faults, drawn with seed %d, while clients come, speak and leave", n, seed),
		Hint:     "mend what the shortest sequence shows; forkproof explain tells more about each fault of the chapter faults",
	}
}

// Judge disturbs a fresh server with n faults drawn with the seed. When the server
// does not stand them, it looks for the shortest sequence that the server does not
// stand.
func Judge(ctx context.Context, run *harness.Run, n int, seed uint64) report.Requirement {
	requirement := Requirement(n, seed)
	begin := time.Now()
	all := drawDisturbances(n, seed)
	attempt := stand(ctx, run, requirement, nil) // what happens without a fault is no fault's doing
	res := attempt.Result()
	if attempt.Failed() {
		res.Found = "without any fault: " + res.Found
	} else if attempt = stand(ctx, run, requirement, all); attempt.Failed() {
		res = shortest(ctx, run, requirement, all, attempt.Result(), seed)
	} else {
		res = attempt.Result()
	}
	res.Collateral = false // no other requirement shows it
	res.DurationMS = float64(time.Since(begin).Microseconds()) / 1000
	return res
}

// stand starts a server, disturbs it, and returns whether it stands that.
func stand(ctx context.Context, run *harness.Run, r harness.Requirement, sequence []disturbance) harness.Attempt {
	return run.Try(ctx, r, func(c *harness.Case) {
		s := c.Launch()
		s.ComeAndGo(2, 2)
		before := s.Rest()
		endure(c, s, sequence)
		s.ExpectServes(nil)
		s.ExpectNothingLeft(harness.Baseline{Picture: before})
		half := s.Rest()
		s.ComeAndGo(harness.AtATime, harness.AtATime)
		s.Expect(match.NoGrowth(before, half, harness.AtATime))
	})
}

// shortest looks for the shortest sequence that the server does not stand, and
// returns the result that shows it.
func shortest(ctx context.Context, run *harness.Run, r harness.Requirement, all []disturbance, res report.Requirement, seed uint64) report.Requirement {
	left := reruns
	sequence := shrink(all, func(part []disturbance) bool {
		if left == 0 {
			return false
		}
		left--
		again := stand(ctx, run, r, part)
		if again.Failed() {
			res = again.Result()
		}
		return again.Failed()
	})
	names := make([]string, len(sequence))
	for i, d := range sequence {
		names[i] = d.String()
	}
	what := "the shortest sequence that does it"
	if left == 0 {
		what = fmt.Sprintf("the shortest sequence found in %d runs", reruns)
	}
	res.Found = fmt.Sprintf("%s (seed %d; %s, %d of %d faults: %s)",
		res.Found, seed, what, len(sequence), len(all), strings.Join(names, "; then "))
	return res
}

// endure has the disturbances strike one after another, while some clients stay
// connected and speak. It stops when the server cannot be disturbed any more.
func endure(c *harness.Case, s *harness.Server, sequence []disturbance) {
	hit := 0
	var stay harness.Group
	for _, d := range sequence {
		stands := c.Tolerate(func() {
			stay = slices.DeleteFunc(stay, func(one *match.Client) bool { return one.History().Ended() })
			for len(stay) < stayConnected {
				stay = append(stay, s.Serve(1)...)
			}
			if strike(c, s, d, stay) {
				hit++
			}
		})
		if !stands {
			break
		}
	}
	if hit == 0 && len(sequence) > 1 && s.See(match.Descriptors).Alive() {
		c.CannotJudge("none of %d faults hit the server", len(sequence))
	}
	c.Did("%d of %d faults hit", hit, len(sequence))
}

// strike has one disturbance strike and says whether it hit.
func strike(c *harness.Case, s *harness.Server, d disturbance, stay harness.Group) (hit bool) {
	c.Did("fault: %v", d)
	disarm := d.arm(s, stay[d.victim])
	guests := make(harness.Group, d.come)
	for i := range guests {
		guests[i] = s.Dial()
	}
	speakers := append(slices.Clone(stay), guests...)
	for _, one := range speakers {
		s.SayOne(one)
	}
	s.Settles(match.ServedOrDropped(speakers...))
	hit = disarm()
	s.Settles(match.ServedOrDropped(speakers...))
	d.leave.do(s, guests)
	s.Leave(guests)
	return hit
}

func childOf(s *harness.Server, c *match.Client) observe.ProcessID {
	return s.Children(harness.Group{c})[0]
}
