package schedule

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/targets"
)

// ErrServerEnded is the error of Run when the server has ended by itself.
var ErrServerEnded = errors.New("the server ended")

// An Engine applies rules to a running server, each at its time, and prints every
// hit. One goroutine does all of it.
type Engine struct {
	server  *targets.Server
	entries []*entry
	sampler *sampler
	log     *log
	undos   []dueUndo
	// listener is the process in the role of the server; all others are children.
	listener int

	// What is armed in system calls, nil when nothing is; the rules that it serves,
	// by the index of their injection; and how many of its hits were printed.
	injected *trace.Injected
	armed    []*entry
	printed  int
}

// New returns an engine that draws probabilities from a seed, and prints to out.
func New(server *targets.Server, rules []Rule, seed uint64, out io.Writer) *Engine {
	begin := time.Now()
	e := &Engine{
		server: server, log: newLog(out, begin, rules),
		sampler: &sampler{random: rand.New(rand.NewPCG(seed, 0))},
	}
	for _, r := range rules {
		e.entries = append(e.entries, &entry{Rule: r, next: begin.Add(r.At)})
	}
	return e
}

// Run applies the rules until ctx is done, or stopAfter is over, if it is above 0.
// The error is ErrServerEnded when the server has ended by itself.
func (e *Engine) Run(ctx context.Context, stopAfter time.Duration) error {
	listener, err := e.findListener()
	if err != nil {
		return err
	}
	e.listener = listener
	e.log.say("the server listens on %v; process %d", e.server.Listening, e.listener)
	isolation := e.server.Host().Isolation()
	network := "its network is the machine's, and reaches what the machine reaches"
	if isolation.Network {
		network = "its network is its own"
	}
	e.log.say("isolation %v; %s", isolation, network)
	var over <-chan time.Time
	if stopAfter > 0 {
		over = time.After(stopAfter)
	}
	defer e.disarm()
	for {
		if err := e.begin(ctx); err != nil {
			return err
		}
		changed, done := e.printHits(ctx)
		select {
		case <-e.untilNext():
		case <-changed:
		case <-done:
			e.disarm()
		case <-over:
			return nil
		case <-ctx.Done():
			return nil
		case <-e.server.Host().Ended():
			e.disarm()
			status, _ := e.server.Exit()
			e.log.say("the server ended: %s", targets.Describe(status))
			return ErrServerEnded
		}
	}
}

// Summary prints, once, how often each rule hit. Nothing is printed after it. It
// may be called while Run runs.
func (e *Engine) Summary() { e.log.summary() }

// begin does what is due by now. It arms calls first, so that what happens next is
// hit.
func (e *Engine) begin(ctx context.Context) error {
	now := time.Now()
	e.undoDue(now)
	var calls, others []*entry
	for _, r := range e.entries {
		if !r.isDue(now) {
			continue
		}
		if r.atCalls() {
			calls = append(calls, r)
			r.allowHits()
		} else {
			others = append(others, r)
		}
		r.begins++
		r.scheduleNext(now)
	}
	if len(calls) > 0 {
		if err := e.arm(ctx); err != nil {
			return err
		}
	}
	for _, r := range others {
		if !e.sampler.sample(r.Probability) {
			continue
		}
		if err := e.apply(ctx, r); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", r.Text, err)
		}
	}
	return nil
}
