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
	"github.com/forkproof/forkproof/suite/deadline"
	"github.com/forkproof/forkproof/suite/evidence"
	"github.com/forkproof/forkproof/suite/turns"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// A Run judges one server. It holds all that is learnt about the server, and the
// hosts that the server runs on. It may be used by several goroutines at once.
type Run struct {
	config Config
	learnt learnt
	hosts  hosts
	places evidence.Places

	greeting sync.Once         // to learn greets
	greets   protocol.Greeting // what the server says first

	designing sync.Once // to learn design
	design    atomic.Pointer[design]

	mu     sync.Mutex
	judged map[string]*judgement // by ID
	begun  time.Time
	cut    atomic.Pointer[error] // why the run ended before its end
	// listened says that the server has come to listen once; denied, that it never
	// does because the sandbox denied something to it.
	listened, denied atomic.Bool
	unseen           atomic.Pointer[string] // why forkproof cannot see the server
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

// Judge judges what is selected and returns the result, as many requirements at once as
// Config.Jobs and MostJobs say. When ctx is cancelled or the time limit is reached, it
// returns what was judged until then.
func (r *Run) Judge(ctx context.Context) report.Result {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if r.config.TimeLimit > 0 {
		crash.Go(func() { r.limit(ctx, cancel) })
	}
	selected := r.inTurn()
	free := turns.New(r.config.Jobs, r.config.MostJobs)
	var judging sync.WaitGroup
	for i, e := range selected {
		if r.config.First && i > 0 && e.Chapter() != selected[i-1].Chapter() {
			judging.Wait()
			if failed := r.failedChapter(); failed != "" {
				cancel(fmt.Errorf("the chapter %s has a failure to mend first", failed))
			}
		}
		turn := free.Begin()
		if ctx.Err() != nil {
			break
		}
		judging.Add(1)
		crash.Go(func() {
			defer judging.Done()
			defer turn.End()
			r.Verdict(turn.With(ctx), e)
		})
		if e.ID == listens {
			judging.Wait() // a server that does not listen is not started again
		}
	}
	judging.Wait()
	if cause := context.Cause(ctx); cause != nil {
		r.cut.Store(&cause)
	}
	return r.Result()
}

// inTurn returns the requirements that the run judges in the order in which they are started:
// what most others build on, then what takes long, so that no processor is idle at the end, then
// the others. Where a chapter with a failure ends the run, that is the order of the catalogue.
// So it is where servers share a network: what a requirement builds on is judged first there, as
// it could not be beside a server that keeps its constant port.
func (r *Run) inTurn() []Entry {
	list := r.Selected()
	if r.config.First || !sandbox.Probe().Network {
		return list
	}
	place := func(e Entry) int {
		switch {
		case e.ID == listens, e.ID == firstOf[r.config.Protocol]:
			return 0
		case e.Long:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(list, func(a, b Entry) int { return place(a) - place(b) })
	return list
}

// failedChapter returns the first chapter in which a requirement failed, or "".
func (r *Run) failedChapter() string {
	for _, e := range r.Selected() {
		if q, judged := r.known(e.ID); judged && q.Verdict == report.Fail {
			return e.Chapter()
		}
	}
	return ""
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

// withinLimit bounds the time for one requirement: that in which the machine keeps the server or
// forkproof itself waiting does not count.
func (r *Run) withinLimit(ctx context.Context) (context.Context, func()) {
	return deadline.Within(ctx, r.config.Limits.Requirement, func() time.Duration {
		return time.Duration(r.learnt.starved.Load()) + turns.Waited()
	})
}

// whyCut says why a run that was cut short did not reach a requirement.
func whyCut(cause error) string {
	if errors.Is(cause, context.Canceled) {
		return "not reached: interrupted"
	}
	return fmt.Sprintf("not reached: %v", cause)
}

// Heading returns a result without any verdict: what is judged, by what, and where.
func (r *Run) Heading() report.Result {
	c := r.config
	return report.Result{
		Schema: report.Schema, Started: r.begun.UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		Tool: report.Tool{Version: c.Version},
		Target: report.Target{
			BuiltIn: c.BuiltIn, Command: c.Command.Args, SHA256: c.SHA256, Model: string(c.Model), Protocol: string(c.Protocol),
			Learnt: c.learnt(), Dialogue: c.told(),
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
	r.tellDesign(&res)
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
