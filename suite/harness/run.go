package harness

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/suite/places"
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

// A Run judges one server. It holds all that is learnt about the server, and the
// hosts that the server runs on. It may be used by several goroutines at once.
type Run struct {
	config Config
	learnt learnt
	hosts  hosts
	places places.Places

	greeting sync.Once         // to learn greets
	greets   protocol.Greeting // what the server says first

	mu     sync.Mutex
	judged map[string]*judgement // by ID
	begun  time.Time
	cut    atomic.Pointer[error] // why the run ended before its end
	// listened says that the server has come to listen once; denied, that it never
	// does because the sandbox denied something to it.
	listened, denied atomic.Bool
	unseen           atomic.Pointer[string] // why forkproof cannot see the server
}

// A judgement is one requirement being judged, or judged.
type judgement struct {
	done   chan struct{} // closed when result is there
	result report.Requirement
}

// New returns a run that judges the configured server. The error is one sentence
// for the person who wrote the settings.
func New(c Config) (*Run, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.greets, _ = c.knownGreeting() // checked
	return &Run{config: c, judged: map[string]*judgement{}, begun: time.Now()}, nil
}

// Selected returns the requirements that the run judges, in the order of the
// catalogue.
func (r *Run) Selected() []Entry { return r.config.Selected() }

// Judge judges what is selected, in the order of the catalogue, and returns the
// result. When ctx is cancelled or the time limit is reached, it returns what was
// judged until then.
func (r *Run) Judge(ctx context.Context) report.Result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r.config.TimeLimit > 0 {
		crash.Go(func() { r.limit(ctx, cancel) })
	}
	failed := ""
	for _, e := range r.Selected() {
		if ctx.Err() == nil && r.config.First && failed != "" && failed != e.Chapter() {
			cancel(fmt.Errorf("the chapter %s has a failure to mend first", failed))
		}
		if ctx.Err() != nil {
			break
		}
		if r.Verdict(ctx, e).Verdict == report.Fail && failed == "" {
			failed = e.Chapter()
		}
	}
	if cause := context.Cause(ctx); cause != nil {
		r.cut.Store(&cause)
	}
	return r.Result()
}

// limit cancels the run when its time is up.
func (r *Run) limit(ctx context.Context, cancel context.CancelCauseFunc) {
	for {
		left := r.config.TimeLimit - time.Since(r.begun) + time.Duration(r.learnt.starved.Load())
		if left <= 0 {
			cancel(fmt.Errorf("the time limit of %v was reached", r.config.TimeLimit))
			return
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return
		}
	}
}

// whyCut says why a run that was cut short did not reach a requirement.
func whyCut(cause error) string {
	if errors.Is(cause, context.Canceled) {
		return "not reached: interrupted"
	}
	return fmt.Sprintf("not reached: %v", cause)
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
	if m := r.otherwise(ctx, a, j.result); m != (manner{}) {
		j.result = r.again(ctx, e, m)
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
}

// otherwise returns in which manner a server is to be judged again: it serves no second
// client, or does not survive to be stopped, and the spec can do without.
func (r *Run) otherwise(ctx context.Context, a Attempt, res report.Requirement) manner {
	breaks := func() bool {
		e, known := Find(stopContinue)
		return known && r.verdict(ctx, e, fmt.Sprintf("judged because %s stops the server", a.requirement.ID)).Verdict == report.Fail
	}
	switch {
	case res.FixFirst == secondClient && a.c.adapts:
		return manner{alone: true}
	case a.c.held && (res.FixFirst == stopContinue || a.Failed() && breaks()):
		return manner{unheld: true}
	}
	return manner{}
}

// again judges a requirement in another manner.
func (r *Run) again(ctx context.Context, e Entry, m manner) report.Requirement {
	a := r.try(ctx, e.Requirement, e.Spec, m)
	if a.outcome.shortfall {
		return r.resolve(ctx, e, a.outcome.owner, a.Result())
	}
	return a.Result()
}

// examine runs the spec of a requirement, unless the verdict is known without.
func (r *Run) examine(ctx context.Context, e Entry) Attempt {
	a := Attempt{requirement: e.Requirement, c: &Case{run: r, config: r.config}}
	unseen := r.unseen.Load()
	switch reason := r.config.excludes(e.Requirement); {
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
	limited, cancel := context.WithTimeout(ctx, r.config.Limits.Requirement)
	defer cancel()
	c := &Case{run: r, config: r.config, ctx: limited, manner: m}
	return Attempt{requirement: q, c: c, outcome: c.check(spec)}
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

// Heading returns a result without any verdict: what is judged, by what, and where.
func (r *Run) Heading() report.Result {
	c := r.config
	return report.Result{
		Schema: report.Schema,
		Tool:   report.Tool{Version: c.Version},
		Target: report.Target{
			Command: c.Command.Args, SHA256: c.SHA256, Model: string(c.Model), Protocol: string(c.Protocol),
		},
		Environment: environment(c.Seed),
	}
}

// Result returns what was judged so far. Every requirement of the catalogue
// appears, in the order of the catalogue.
func (r *Run) Result() report.Result {
	res := r.Heading()
	res.DurationMS = milliseconds(time.Since(r.begun))
	for _, e := range Catalogue() {
		one, judged := r.known(e.ID)
		if !judged {
			one = e.Result()
			one.Verdict, one.Found = report.NotRun, "not selected"
			if r.config.selects(e.Requirement) {
				one.Found, one.Unreached = "not reached", true
				if cause := r.cut.Load(); cause != nil {
					one.Found = whyCut(*cause)
				}
			}
		}
		res.Requirements = append(res.Requirements, one)
	}
	res.Summarise()
	return res
}

// Close ends everything that the run started. The error says what of a server
// could not be ended.
func (r *Run) Close() error {
	r.places.Close()
	return r.hosts.close()
}

// Locate adds to the evidence where in the server's source its processes were blocked.
// It waits until every server has ended, as their programs are read then.
func (r *Run) Locate(ctx context.Context) {
	r.hosts.closing.Wait()
	r.places.Name(ctx)
}

func environment(seed uint64) report.Environment {
	var name unix.Utsname
	_ = unix.Uname(&name) // cannot fail with a valid pointer
	isolation := sandbox.Probe()
	return report.Environment{
		Kernel:          unix.ByteSliceToString(name.Release[:]),
		CPUs:            runtime.NumCPU(),
		Isolation:       isolation.String(),
		IsolationReason: isolation.Reason,
		Seed:            seed,
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
