package harness

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// listens is the requirement that every other builds on: a server that does not
// meet it is not started again.
const listens = "launch/listens"

// secondClient is the requirement that a server which serves one client at a time
// does not meet.
const secondClient = "concurrency/second-client"

// stopContinue is the requirement that a server does not meet which breaks on SIGCONT.
const stopContinue = "signals/stop-continue"

// servesAgain is the requirement that a server does not meet which ends after a client.
const servesAgain = "launch/serves-again"

// A judgement is one requirement being judged, or judged.
type judgement struct {
	done   chan struct{} // closed when result is there
	result report.Requirement
}

// Verdict returns the verdict on one requirement. Each is judged once in a run,
// with those that it turns out to build on.
func (r *Run) Verdict(ctx context.Context, e Entry) report.Requirement { return r.verdict(ctx, e, "") }

// verdict is Verdict; because, when not empty, says why a requirement that was not
// selected is judged.
func (r *Run) verdict(ctx context.Context, e Entry, because string) report.Requirement {
	r.mu.Lock()
	j, known := r.judged[e.ID]
	if !known {
		j = &judgement{done: make(chan struct{})}
		r.judged[e.ID] = j
	}
	r.mu.Unlock()
	if known {
		<-j.done
		return j.result
	}
	defer close(j.done)
	j.result = e.Result()
	r.start(j.result)
	begin := time.Now()
	a := r.examine(ctx, e)
	if because != "" {
		a.c.done = append([]string{because}, a.c.done...)
	}
	j.result = a.Result()
	if a.outcome.unseen {
		r.unseen.Store(&a.outcome.finding.Found)
	}
	if a.outcome.shortfall {
		j.result = r.resolve(ctx, e, a.outcome.owner, j.result)
	}
	if speech := r.inItsSpeech(ctx, e, j.result); speech != (manner{}) {
		a, j.result = r.again(ctx, e, speech)
	}
	for m := r.otherwise(ctx, a, j.result); m != a.c.manner; m = r.otherwise(ctx, a, j.result) {
		a, j.result = r.again(ctx, e, m)
	}
	if ctx.Err() != nil {
		// What was seen may be the end of the run, and not the server's doing.
		j.result = e.Result()
		j.result.Verdict, j.result.Found, j.result.Unreached = report.NotRun, whyCut(context.Cause(ctx)), true
	}
	j.result.DurationMS = milliseconds(time.Since(begin))
	r.done(j.result)
	return j.result
}

// A manner is how a spec is run when the server does not stand the usual one.
type manner struct {
	alone  bool // no two clients are connected at once
	unheld bool // the server is not stopped
	brief  bool // each client says one thing: the server answers no second one
	// greeted and silent say what clients say to a server that does not echo: they expect
	// its greeting, or say nothing.
	greeted, silent bool
	// unprompted says that clients expect no greeting, though the dialogue has one.
	unprompted bool
	// controlled: an experiment is told from its control. The server did not stand the
	// fault without one.
	controlled bool
}

// otherwise returns the manner in which a server is to be judged again: it serves no
// second client, answers no second message, or does not survive to be stopped,
// and the spec can do without. It returns that of the attempt when there is no other.
func (r *Run) otherwise(ctx context.Context, a Attempt, res report.Requirement) manner {
	breaks := func() bool {
		e, known := Find(stopContinue)
		return known && r.verdict(ctx, e, fmt.Sprintf("judged because %s stops the server", a.requirement.ID)).Verdict == report.Fail
	}
	m := a.c.manner
	switch {
	case res.FixFirst == secondClient && a.c.adapts:
		m.alone = true
	case res.FixFirst != "" && a.c.once && a.requirement.Protocol == "" && a.requirement.Asks < Streams:
		m.brief = true
	case a.c.held && (res.FixFirst == stopContinue || a.Failed() && breaks()):
		m.unheld = true
	}
	return m
}

// again judges a requirement in another manner.
func (r *Run) again(ctx context.Context, e Entry, m manner) (Attempt, report.Requirement) {
	a := r.try(ctx, e.Requirement, e.Spec, m)
	if a.outcome.shortfall {
		return a, r.resolve(ctx, e, a.outcome.owner, a.Result())
	}
	return a, a.Result()
}

// examine runs the spec of a requirement, unless the verdict is known without.
func (r *Run) examine(ctx context.Context, e Entry) Attempt {
	config := r.fitted(ctx)
	a := Attempt{requirement: e.Requirement, c: &Case{run: r, config: config}}
	unseen := r.unseen.Load()
	switch reason := config.excludes(e.Requirement); {
	case reason != "":
		a.outcome = outcome{verdict: report.NotApplicable, finding: match.Finding{Found: reason}}
	case unseen != nil:
		a.outcome = outcome{verdict: report.Error, finding: match.Finding{Found: *unseen}}
	case r.silent(e.Requirement):
		a.outcome = outcome{verdict: report.Fail, shortfall: true}
	default:
		return r.Try(ctx, e.Requirement, e.Spec)
	}
	return a
}

// silent says whether the server is known not to listen, and a requirement builds
// on that.
func (r *Run) silent(q Requirement) bool {
	known, judged := r.known(listens)
	return judged && (known.Verdict == report.Fail || r.isDenied(known)) &&
		slices.ContainsFunc(Foundations(q), func(e Entry) bool { return e.ID == listens })
}

// isDenied says whether a verdict is that the sandbox kept the server from listening.
func (r *Run) isDenied(q report.Requirement) bool {
	return q.ID == listens && q.Verdict == report.Error && r.denied.Load()
}

// known returns the verdict on a requirement, if there is one yet.
func (r *Run) known(id string) (report.Requirement, bool) {
	r.mu.Lock()
	j, found := r.judged[id]
	r.mu.Unlock()
	if !found {
		return report.Requirement{}, false
	}
	select {
	case <-j.done:
		return j.result, true
	default:
		return report.Requirement{}, false
	}
}

// resolve decides what a shortfall means. When a requirement that e builds on fails,
// the shortfall is that one's, and e is not-run because of it; foundations that were
// not selected are judged for that, then and there. When none fails, it stands. The
// owner of the shortfall, if it is known, comes before the others.
func (r *Run) resolve(ctx context.Context, e Entry, owner string, short report.Requirement) report.Requirement {
	foundations := Foundations(e.Requirement)
	if first, known := Find(owner); known {
		foundations = []Entry{first}
	}
	for _, foundation := range foundations {
		because := ""
		if !r.config.selects(foundation.Requirement) {
			because = fmt.Sprintf("judged because %s builds on it", e.ID)
		}
		known := r.verdict(ctx, foundation, because)
		denied := r.isDenied(known)
		if known.Verdict == report.Fail || denied || known.Verdict == report.Advice && short.Verdict == report.Error {
			short.Verdict, short.FixFirst = report.NotRun, known.ID
			short.Found = fmt.Sprintf("not tested: fix %s first", known.ID)
			if denied {
				short.Found = "not tested: the sandbox kept the server from listening"
			}
			short.Expected, short.Diagnosis, short.Evidence = "", "", nil
			break
		}
	}
	return short
}

func (r *Run) start(q report.Requirement) {
	if r.config.OnStart != nil {
		r.config.OnStart(q)
	}
}

func (r *Run) done(q report.Requirement) {
	if r.config.OnDone != nil {
		r.config.OnDone(q)
	}
}

// An Attempt is one run of a spec against a fresh server.
type Attempt struct {
	requirement Requirement
	c           *Case
	outcome     outcome
}

// Try runs a spec once, whatever was judged before, and remembers nothing of it.
func (r *Run) Try(ctx context.Context, q Requirement, spec Spec) Attempt {
	return r.try(ctx, q, spec, manner{})
}

// try is Try in another manner.
func (r *Run) try(ctx context.Context, q Requirement, spec Spec, m manner) Attempt {
	limited, free := r.withinLimit(ctx)
	defer free()
	c := &Case{run: r, config: r.fitted(ctx), ctx: limited, manner: m}
	if q.ID != c.config.Traced {
		c.config.Tracing = nil
	}
	c.speakAs(m)
	c.alone = c.alone || c.config.fit.atOnce > 0 && c.config.fit.atOnce < few
	c.sound = func() bool { return r.sound(ctx, q) }
	a := Attempt{requirement: q, c: c, outcome: c.check(spec)}
	if !c.uncontrolled || a.outcome.verdict == report.Pass {
		return a
	}
	m.controlled = true
	told := r.try(ctx, q, spec, m)
	if told.outcome.verdict == report.Pass && a.Failed() && !c.stood {
		return a // the control shows that it was the fault's doing: to stand it once is not enough
	}
	return told
}

// sound says whether the server passes all that a requirement builds on. A slow server has
// done the steps of a control before that is known; and where servers share a network, the
// one that is being judged may keep the port that another would need.
func (r *Run) sound(ctx context.Context, q Requirement) bool {
	return !slices.ContainsFunc(Foundations(q), func(e Entry) bool {
		if !r.config.selects(e.Requirement) {
			return true
		}
		if _, judged := r.known(e.ID); !judged && (r.learnt.takes(toAnswer) > slowAnswer || !sandbox.Probe().Network) {
			return true
		}
		v := r.verdict(ctx, e, "").Verdict
		return v != report.Pass && v != report.NotApplicable
	})
}

// Failed says whether the server did not do what the spec expects.
func (a Attempt) Failed() bool { return a.outcome.verdict == report.Fail }

// Result returns the attempt in the report's terms.
func (a Attempt) Result() report.Requirement {
	res, o := a.requirement.Result(), a.outcome
	res.Verdict = o.verdict
	switch strict := a.c.config.Strict; {
	case o.verdict == report.Fail && res.Level == report.Should && !strict:
		res.Verdict = report.Advice
	case o.verdict == report.Advice && strict:
		res.Verdict = report.Fail
	}
	res.Collateral = o.shortfall
	res.Unreached = o.verdict == report.NotRun
	res.Done = a.c.done
	res.Expected, res.Found, res.Diagnosis = o.finding.Expected, o.finding.Found, o.finding.Diagnosis
	res.Evidence = o.evidence
	return res
}
