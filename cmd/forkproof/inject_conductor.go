package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/rule"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
)

// hitLimit guards against a fault that does not come about.
const hitLimit = 10 * time.Second

// A conductor has each rule happen at its time. One goroutine does all of it.
type conductor struct {
	server *targets.Server
	rules  []*running
	chance *chance
	log    *injectLog
	undos  []due
	// first is the process whose role is that of the server; the others are children.
	first int

	// The tracer at work, nil when no call is to be hit; the rules that it was
	// given; and how many of its hits were told.
	tracer *trace.Injected
	traced []*running
	told   int
}

// A running is a rule and what has become of it.
type running struct {
	rule.Rule
	next   time.Time // it begins, or begins again; zero: never
	begins int
	hits   int
	// left is how often calls may be hit until it begins again; unbounded when negative.
	left int
}

// unbounded is running.left of a rule without a bound.
const unbounded = -1

// A due is something that is undone later.
type due struct {
	at   time.Time
	what string
	undo faults.Undo
}

func newConductor(server *targets.Server, rules []rule.Rule, seed uint64, out io.Writer) *conductor {
	begin := time.Now()
	c := &conductor{
		server: server, log: newInjectLog(out, begin, rules),
		chance: &chance{random: rand.New(rand.NewPCG(seed, 0))},
	}
	for _, r := range rules {
		c.rules = append(c.rules, &running{Rule: r, next: begin.Add(r.At)})
	}
	return c
}

// run conducts until ctx is done, the time is over, or the server has ended.
func (c *conductor) run(ctx context.Context, stop time.Duration) error {
	first, err := c.listener()
	if err != nil {
		return err
	}
	c.first = first
	c.log.say("the server listens on %v; process %d", c.server.Listening, c.first)
	var over <-chan time.Time
	if stop > 0 {
		over = time.After(stop)
	}
	defer c.disarm()
	for {
		if err := c.beginDue(ctx); err != nil {
			return err
		}
		changed, done := c.hear(ctx)
		select {
		case <-c.untilNext():
		case <-changed:
		case <-done:
			c.disarm()
		case <-over:
			return nil
		case <-ctx.Done():
			return nil
		case <-c.server.Host().Ended():
			c.disarm()
			status, _ := c.server.Exit()
			c.log.say("the server ended: %s", targets.Describe(status))
			return exitCode(1)
		}
	}
}

// untilNext is ready when something is due.
func (c *conductor) untilNext() <-chan time.Time {
	var next time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, r := range c.rules {
		earlier(r.next)
	}
	for _, d := range c.undos {
		earlier(d.at)
	}
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// beginDue does what is due by now: first calls are armed, so that what
// happens next is hit.
func (c *conductor) beginDue(ctx context.Context) error {
	now := time.Now()
	c.undoDue(now)
	var calls, others []*running
	for _, r := range c.rules {
		switch {
		case r.next.IsZero() || now.Before(r.next):
			continue
		case r.hitsCalls():
			calls = append(calls, r)
			r.allow()
		default:
			others = append(others, r)
		}
		r.begins++
		r.schedule(now)
	}
	if len(calls) > 0 {
		if err := c.arm(ctx); err != nil {
			return err
		}
	}
	for _, r := range others {
		if !c.chance.falls(r.Probability) {
			continue
		}
		if err := c.happen(ctx, r); err != nil && ctx.Err() == nil {
			return fmt.Errorf("%s: %w", r.Text, err)
		}
	}
	return nil
}

// schedule sets when a rule begins again. One that is late does not catch up.
func (r *running) schedule(now time.Time) {
	if r.Every == 0 || !r.hitsCalls() && r.Times > 0 && r.begins >= r.Times {
		r.next = time.Time{}
		return
	}
	for !r.next.After(now) {
		r.next = r.next.Add(r.Every)
	}
}

func (c *conductor) undoDue(now time.Time) {
	kept := c.undos[:0]
	for _, d := range c.undos {
		if now.Before(d.at) {
			kept = append(kept, d)
			continue
		}
		if err := d.undo(); err != nil {
			c.log.say("%s could not be undone: %v", d.what, err)
			continue
		}
		c.log.say("%s is undone", d.what)
	}
	c.undos = kept
}

// processes are those of the server that a rule is about, parents first.
func (c *conductor) processes(who rule.Who) ([]observe.Process, error) {
	picture, err := c.server.Look(0)
	if err != nil {
		return nil, fmt.Errorf("look at the server: %w", err)
	}
	live := picture.Live()
	if len(live) == 0 {
		return nil, nil
	}
	if p, found := picture.ByPID(c.first); !found || !p.Alive() {
		if c.first, err = c.listener(); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(live, func(p observe.Process) bool {
		return who != rule.All && (who == rule.Server) != (p.ID.PID == c.first)
	}), nil
}

// listener is the first process that holds the listening socket: not a shell
// that has started it. Without one it is the process that was started.
func (c *conductor) listener() (int, error) {
	picture, err := c.server.Look(observe.Descriptors)
	if err != nil {
		return 0, fmt.Errorf("look at the server: %w", err)
	}
	for _, held := range picture.Listening() {
		return held.Process.PID, nil
	}
	return c.server.PID, nil
}

// A chance is one source of randomness for the conductor and the tracer.
type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

// falls says whether something of a probability happens this time.
func (c *chance) falls(probability float64) bool {
	if probability >= 1 {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Float64() < probability
}

func targetsOf(list []observe.Process) []faults.Process {
	all := make([]faults.Process, len(list))
	for i, p := range list {
		all[i] = faults.Process{PID: p.ID.PID, Start: p.ID.Start}
	}
	return all
}
