package schedule

import (
	"context"
	"errors"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
)

// arm changes system calls as the rules say by now. It replaces what is armed.
func (e *Engine) arm(ctx context.Context) error {
	e.disarm()
	var injections []trace.Injection
	e.armed = nil
	scope := Server
	if _, err := e.processes(All); err != nil { // finds the listener
		return err
	}
	for _, r := range e.entries {
		if !r.atCalls() || r.begins == 0 || r.left == 0 {
			continue
		}
		injections = append(injections, e.injection(r, e.listener))
		e.armed = append(e.armed, r)
		if r.Scope != Server {
			scope = All
		}
	}
	if len(injections) == 0 {
		return nil
	}
	list, err := e.processes(scope)
	if err != nil || len(list) == 0 {
		return err // the server has ended, which is printed next
	}
	limited, cancel := context.WithTimeout(ctx, hitLimit)
	defer cancel()
	injected, err := trace.Inject(limited, list, injections...)
	if errors.Is(err, faults.ErrGone) || ctx.Err() != nil {
		return nil
	}
	e.injected, e.printed = injected, 0
	return err
}

// injection returns what the tracer is to do for a rule.
func (e *Engine) injection(r *entry, listener int) trace.Injection {
	i := r.Injection
	if r.Action.After != "" {
		i.Family = r.Action.After
	}
	if r.Action.After == "" {
		i.Look = e.log.places.look
	}
	i.Times = max(r.left, 0)
	i.Follow = r.Scope != Server
	if r.Scope == Child {
		i.In = func(pid int) bool { return pid != listener }
	}
	if r.Probability < 1 {
		i.If = func() bool { return e.sampler.sample(r.Probability) }
	}
	return i
}

// printHits prints the hits that came, and returns what to wait for next.
func (e *Engine) printHits(ctx context.Context) (changed, done <-chan struct{}) {
	if e.injected == nil {
		return nil, nil
	}
	changed, done = e.injected.Changed(), e.injected.Done()
	for _, h := range e.injected.Since(e.printed) {
		e.printed++
		r := e.armed[h.Injection]
		r.countHit()
		if r.Action.After != "" {
			e.applyAfter(ctx, r, h)
		} else {
			e.log.hit(hit{r.Text, h.At, h.PID, describeCall(h), h.Injected, h.Looked}, e.listener)
		}
	}
	return changed, done
}

// disarm detaches, and prints what was hit.
func (e *Engine) disarm() {
	if e.injected == nil {
		return
	}
	if err := e.injected.Undo(); err != nil {
		e.log.say("%v", err)
	}
	e.printHits(context.Background())
	if err := e.injected.Err(); err != nil && !errors.Is(err, faults.ErrGone) {
		e.log.say("%v", err)
	}
	e.injected = nil
}
