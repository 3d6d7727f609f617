package harness

import (
	"context"
	"errors"
	"fmt"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// A Case is one requirement being checked against one fresh server.
type Case struct {
	requirement Requirement
	config      Config
	ctx         context.Context
	host        *targets.Host
	server      *Server
	done        []string
	cleanups    []func()
}

// A stop ends a spec before its end, with a verdict.
type stop struct {
	verdict report.Verdict
	finding match.Finding
	// collateral says that the server failed something that this requirement
	// only builds on: it counts as a failure of its own only when no other
	// requirement shows what is wrong.
	collateral bool
	// evidence is taken before anything is undone.
	evidence *report.Evidence
}

// Did notes a step, for the report.
func (c *Case) Did(format string, args ...any) {
	c.done = append(c.done, fmt.Sprintf(format, args...))
}

// NotApplicable ends the spec: the requirement does not apply to this server.
func (c *Case) NotApplicable(format string, args ...any) {
	panic(stop{verdict: report.NotApplicable, finding: match.Finding{Found: fmt.Sprintf(format, args...)}})
}

// CannotJudge ends the spec: forkproof or the machine is at fault.
func (c *Case) CannotJudge(format string, args ...any) {
	panic(stop{verdict: report.Error, finding: match.Finding{Found: fmt.Sprintf(format, args...)}})
}

// Fail ends the spec: the server does not meet the requirement.
func (c *Case) Fail(f match.Finding) {
	c.blameTheMachine()
	panic(stop{verdict: report.Fail, finding: f})
}

// Advise ends the spec: the server meets the requirement, but in a way that a
// person should know of. With --strict that is a failure, like all advice.
func (c *Case) Advise(f match.Finding) {
	c.blameTheMachine()
	panic(stop{verdict: report.Advice, finding: f})
}

// fallShort ends the spec: the server does not do what this requirement needs
// before it can be judged.
func (c *Case) fallShort(f match.Finding) {
	c.blameTheMachine()
	panic(stop{verdict: report.Fail, finding: f, collateral: true})
}

// blameTheMachine ends the spec with an error when the server was not itself
// what it did: something outside ended it or its keeper, or forkproof was
// interrupted.
func (c *Case) blameTheMachine() {
	switch {
	case errors.Is(c.ctx.Err(), context.DeadlineExceeded):
		c.CannotJudge("the server is too slow for this requirement: it could not be judged within %v", c.config.Limits.Requirement)
	case c.ctx.Err() != nil:
		panic(stop{verdict: report.NotRun, finding: match.Finding{Found: "interrupted"}})
	case c.host != nil && c.host.Lost():
		c.CannotJudge("the server's keeper was ended from outside, and the server with it")
	case c.server != nil && c.server.killedFromOutside():
		c.CannotJudge("the server was killed by SIGKILL from outside forkproof: an operator, or the kernel for want of memory (see dmesg)")
	}
}

// run runs the spec and says how it ended. What the case started is ended
// before run returns, on every path.
func (c *Case) run(spec Spec) (outcome stop) {
	defer func() {
		recovered := recover()
		if ended, ok := recovered.(stop); ok {
			outcome, recovered = ended, nil
		}
		c.capture(&outcome)
		c.cleanUp()
		if recovered != nil {
			panic(recovered)
		}
	}()
	spec(c)
	if c.server != nil {
		c.server.epilogue()
	}
	return stop{verdict: report.Pass}
}

// capture takes the evidence, while the server is still there.
func (c *Case) capture(outcome *stop) {
	switch outcome.verdict {
	case report.Fail, report.Advice, report.Error:
	default:
		return
	}
	if outcome.finding.Snapshot == nil && c.server != nil {
		snapshot := c.server.snapshot()
		snapshot.Output = c.server.target.Output().String()
		outcome.finding.Snapshot = &snapshot
	}
	outcome.evidence = evidence(outcome.finding)
}

// cleanUp undoes what the case did, last first.
func (c *Case) cleanUp() {
	for i := len(c.cleanups) - 1; i >= 0; i-- {
		c.cleanups[i]()
	}
	c.cleanups = nil
}

// Cleanup has undo called when the spec has ended.
func (c *Case) Cleanup(undo func()) { c.cleanups = append(c.cleanups, undo) }

// seed gives the n-th seed of this requirement's data: the same for the same
// --seed, another for each client.
func (c *Case) seed(n int64) uint64 { return c.config.Seed*1_000_003 + uint64(n) }
