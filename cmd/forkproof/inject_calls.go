package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/rule"
	"github.com/forkproof/forkproof/faults/trace"
)

// hitsCalls says whether a rule is about system calls.
func (r *running) hitsCalls() bool {
	switch a := r.Action.(type) {
	case rule.Call:
		return true
	case rule.Signal:
		return a.After != ""
	}
	return false
}

// allow says how often the rule may hit from now on: one that begins again and
// again hits once each time.
func (r *running) allow() {
	switch {
	case r.Every > 0:
		r.left = 1
	case r.Times > 0:
		r.left = r.Times
	default:
		r.left = unbounded
	}
	if r.Times > 0 {
		r.left = min(max(r.left, 0), r.Times-r.hits)
	}
}

// hear tells of the hits that came, and gives what to wait for next.
func (c *conductor) hear(ctx context.Context) (changed, done <-chan struct{}) {
	if c.tracer == nil {
		return nil, nil
	}
	changed, done = c.tracer.Changed(), c.tracer.Done()
	for _, hit := range c.tracer.Since(c.told) {
		c.told++
		c.count(ctx, c.traced[hit.Injection], hit)
	}
	return changed, done
}

// count notes a hit, and sends the signal that is to follow it.
func (c *conductor) count(ctx context.Context, r *running, hit trace.Hit) {
	r.hits++
	if r.left > 0 {
		r.left--
	}
	if r.Times > 0 && r.hits >= r.Times {
		r.next = time.Time{}
	}
	what := hit.Injected
	if a, ok := r.Action.(rule.Signal); ok {
		what = c.signalTo(ctx, hit.PID, a)
	}
	c.log.hit(r.Text, hit.At, hit.PID, c.first, callText(hit), what)
}

func callText(hit trace.Hit) string {
	if hit.FD < 0 {
		return hit.Call
	}
	return fmt.Sprintf("%s(%d)", hit.Call, hit.FD)
}

// arm has the tracer hit what the rules want by now. A tracer that is at work
// is replaced.
func (c *conductor) arm(ctx context.Context) error {
	c.disarm()
	var injections []trace.Injection
	c.traced = nil
	who := rule.Server
	if _, err := c.processes(rule.All); err != nil { // finds out which is the first
		return err
	}
	for _, r := range c.rules {
		if !r.hitsCalls() || r.begins == 0 || r.left == 0 {
			continue
		}
		injections = append(injections, c.injection(r, c.first))
		c.traced = append(c.traced, r)
		if r.Who != rule.Server {
			who = rule.All
		}
	}
	if len(injections) == 0 {
		return nil
	}
	list, err := c.processes(who)
	if err != nil || len(list) == 0 {
		return err // the server has ended, which is told next
	}
	limited, cancel := context.WithTimeout(ctx, hitLimit)
	defer cancel()
	tracer, err := trace.Inject(limited, targetsOf(list), injections...)
	if errors.Is(err, faults.ErrGone) || ctx.Err() != nil {
		return nil
	}
	c.tracer, c.told = tracer, 0
	return err
}

// injection is what the tracer is to do for a rule.
func (c *conductor) injection(r *running, server int) trace.Injection {
	var i trace.Injection
	switch a := r.Action.(type) {
	case rule.Call:
		i = a.Injection
	case rule.Signal:
		i.Family = a.After
	}
	i.Times = max(r.left, 0)
	i.Follow = r.Who != rule.Server
	if r.Who == rule.Child {
		i.In = func(pid int) bool { return pid != server }
	}
	if r.Probability < 1 {
		i.If = func() bool { return c.chance.falls(r.Probability) }
	}
	return i
}

// disarm ends the tracer and tells what it has hit.
func (c *conductor) disarm() {
	if c.tracer == nil {
		return
	}
	if err := c.tracer.Undo(); err != nil {
		c.log.say("%v", err)
	}
	c.hear(context.Background())
	if err := c.tracer.Err(); err != nil && !errors.Is(err, faults.ErrGone) {
		c.log.say("%v", err)
	}
	c.tracer = nil
}
