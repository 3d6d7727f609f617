// Package harness is what specs are built from, and the run that judges a server by
// them.
//
// A Run goes through the catalogue. For each requirement it makes a Case, which
// starts a fresh Server; the verbs of Server, Processes and Armed connect clients,
// disturb the server and hold it to what is expected. A view sees the server and its
// clients at one moment, as a match.Snapshot. A waiter waits for a snapshot that
// matches, and a watch decides when waiting is over: when the kernel shows that
// nothing can change any more, or that only time could change it.
package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/deadline"
	"github.com/forkproof/forkproof/suite/evidence"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// A Case is one requirement being checked against a fresh server.
type Case struct {
	run      *Run
	config   Config // the run's, unless the case starts its server otherwise
	ctx      context.Context
	stalled  time.Duration // how long the machine has kept the server waiting
	host     *targets.Host
	server   *Server
	done     []string
	cleanups []func()
	armed    []*trace.Injected
	// disturbed says that a fault was injected, or resources were taken: what the server does
	// then is no sign of what it does by itself.
	disturbed bool
	// manner is how the spec is run; adapts and held say that it can do with one client
	// at a time, and without stopping the server.
	manner
	adapts, held bool
	// sound says whether the server passes all that the requirement builds on; uncontrolled,
	// that it got a fault without a control; stood, that it did what was expected under one.
	sound               func() bool
	uncontrolled, stood bool
	// once says that the server was seen to answer a client's first message and not its
	// second.
	once bool
	// dismissed: whether the server serves on is no matter of this requirement.
	dismissed bool
}

// Did notes a step, for the report.
func (c *Case) Did(format string, args ...any) {
	c.done = append(c.done, fmt.Sprintf(format, args...))
	if c.config.Tracing != nil {
		c.config.Tracing.Note(c.done[len(c.done)-1])
	}
}

// tell has a trace show what clients do next.
func (c *Case) tell(does string, list ...*match.Client) {
	if c.config.Tracing == nil {
		return
	}
	for _, one := range list {
		c.config.Tracing.Client(one.Name, does)
	}
}

// Dismiss tells that whether the server serves on is no matter of this requirement.
func (c *Case) Dismiss() { c.dismissed = true }

// Seed returns the n-th seed of the clients' data: the same for the same --seed,
// another for each n.
func (c *Case) Seed(n int64) uint64 { return c.config.Seed*1_000_003 + uint64(n) }

// Cleanup has undo called when the spec has ended, last first.
func (c *Case) Cleanup(undo func()) { c.cleanups = append(c.cleanups, undo) }

// NotApplicable ends the spec: the requirement does not apply to this server.
func (c *Case) NotApplicable(format string, args ...any) {
	panic(outcome{verdict: report.NotApplicable, finding: match.Finding{Found: fmt.Sprintf(format, args...)}})
}

// CannotJudge ends the spec: forkproof or the machine is at fault.
func (c *Case) CannotJudge(format string, args ...any) {
	panic(outcome{verdict: report.Error, finding: match.Finding{Found: fmt.Sprintf(format, args...)}})
}

// cannotJudgeAny ends the spec, and with it the run: the reason is the same for every
// other requirement.
func (c *Case) cannotJudgeAny(reason string) {
	panic(outcome{verdict: report.Error, finding: match.Finding{Found: reason}, unseen: true})
}

// NeedsMet ends the spec when another requirement, one that BuildsOn names, is known or
// turns out to fail: what it asks for would only be provoked again.
func (c *Case) NeedsMet(id string) {
	if c.fails(id) {
		panic(outcome{verdict: report.Fail, shortfall: true, owner: id})
	}
}

// fails says whether another requirement, one that BuildsOn names, is known or turns out to
// fail.
func (c *Case) fails(id string) bool {
	e, known := Find(id)
	return known && c.run.verdict(c.ctx, e, "").Verdict == report.Fail
}

// Applies says whether another requirement, one that BuildsOn names, applies to the
// server; it is judged for that, if it was not yet.
func (c *Case) Applies(id string) bool {
	e, known := Find(id)
	because := ""
	if known && !c.config.selects(e.Requirement) {
		because = "judged because a requirement that was selected builds on it"
	}
	return known && c.run.verdict(c.ctx, e, because).Verdict != report.NotApplicable
}

// Fail ends the spec: the server does not meet the requirement.
func (c *Case) Fail(f match.Finding) { c.end(outcome{verdict: report.Fail, finding: f}) }

// Advise ends the spec: the server meets the requirement, but in a way that a
// person should know of. With --strict that is a failure, like all advice.
func (c *Case) Advise(f match.Finding) { c.end(outcome{verdict: report.Advice, finding: f}) }

// FallShort ends the spec: the server does not do what this requirement needs
// before it can be judged.
func (c *Case) FallShort(f match.Finding) {
	c.end(outcome{verdict: report.Fail, finding: f, shortfall: true})
}

// end ends the spec with an outcome that is the server's doing, if it is.
func (c *Case) end(o outcome) {
	c.checkMachine()
	panic(o)
}

// checkMachine ends the spec with an error when what was seen is not the server's
// doing: something outside ended it or its init, or forkproof was interrupted.
func (c *Case) checkMachine() {
	var over *deadline.Over
	switch {
	case errors.As(context.Cause(c.ctx), &over):
		c.CannotJudge("%v", over)
	case c.ctx.Err() != nil:
		panic(outcome{verdict: report.NotRun, finding: match.Finding{Found: "interrupted"}})
	case c.host != nil && c.host.Lost():
		c.CannotJudge("something outside forkproof ended the init of the server, and the server with it")
	case c.server != nil && c.server.view.killedFromOutside():
		c.CannotJudge("something outside forkproof killed the server (SIGKILL): an operator, or the kernel for want of memory (see dmesg)")
	}
	c.checkTracers()
}

// checkTracers ends the spec with an error when the server was not ended, or held up,
// by what an injection did, but by being traced.
func (c *Case) checkTracers() {
	for _, injected := range c.armed {
		var refused *trace.NotTraceable
		if err := errors.Join(injected.Undo(), injected.Err()); errors.As(err, &refused) {
			c.CannotJudge("%v", refused)
		}
	}
}

// check runs a spec and returns how it ended. Everything that the case started is
// ended before check returns, on every path.
func (c *Case) check(spec Spec) (o outcome) {
	defer c.cleanUp()
	if c.config.Tracing != nil {
		defer func() {
			if err := c.config.Tracing.Stop(); err != nil && o.verdict != report.Error {
				o = outcome{verdict: report.Error, finding: match.Finding{Found: err.Error()}}
			}
		}()
	}
	o = attempt(func() {
		if c.alone {
			c.Did("one client at a time, as the server serves no second one meanwhile")
		}
		if c.brief {
			c.Did("one message of each client, as the server answers no second one")
		}
		spec(c)
		if s := c.server; s != nil && !s.view.ended && !c.dismissed {
			s.StillServes() // whatever was done to it, the server serves on
		}
		if c.host != nil && c.host.Lost() {
			c.checkMachine() // nothing passes that no init held together
		}
	})
	if taken := attempt(func() { c.takeEvidence(&o) }); taken.verdict == report.Error {
		return taken
	}
	return o
}

// takeEvidence keeps what the server shows while it is still there.
func (c *Case) takeEvidence(o *outcome) {
	if o.evidence != nil { // taken at once
		return
	}
	switch o.verdict {
	case report.Fail, report.Advice, report.Error:
	default:
		return
	}
	if o.finding.Snapshot == nil && c.server != nil {
		snapshot := c.server.See(match.Everything)
		snapshot.Output = c.server.view.target.Output().String()
		o.finding.Snapshot = &snapshot
	}
	o.evidence = evidence.Of(o.finding)
	c.run.places.Take(o.finding, o.evidence)
}

func (c *Case) cleanUp() {
	for i := len(c.cleanups) - 1; i >= 0; i-- {
		c.cleanups[i]()
	}
	c.cleanups = nil
}

// Tolerate does steps that may not apply to the server, and says whether the server
// still did what they need. A shortfall is noted and ends the steps, not the spec.
func (c *Case) Tolerate(steps func()) (stands bool) {
	switch o := attempt(steps); o.verdict {
	case report.Pass, report.NotApplicable:
		return true
	case report.Fail:
		c.Did("%s", o.finding.Found)
		return false
	default:
		panic(o)
	}
}

// An outcome is how a spec ended. A verb that ends the spec before its end panics
// with one; attempt is the only place that recovers it.
type outcome struct {
	verdict report.Verdict
	finding match.Finding
	// shortfall says that the server did not do what this requirement needs before
	// it can be judged: the failure is another requirement's, if one owns it.
	shortfall bool
	// owner is the ID of that other requirement, when it is known.
	owner string
	// unseen says that the finding is the same for every other requirement.
	unseen bool
	// evidence is taken before anything is undone.
	evidence *report.Evidence
}

// attempt does steps and returns how they ended: pass when they came to their end.
// A panic that is no outcome is a defect of forkproof, and an error.
func attempt(steps func()) (o outcome) {
	defer func() {
		switch recovered := recover().(type) {
		case nil:
		case outcome:
			o = recovered
		default:
			o = outcome{verdict: report.Error, finding: match.Finding{
				Found:     fmt.Sprintf("forkproof failed: %v", recovered),
				Diagnosis: "this is a defect of forkproof, not of the server: " + string(debug.Stack()),
			}}
		}
	}()
	steps()
	return outcome{verdict: report.Pass}
}
