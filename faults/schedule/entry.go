package schedule

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/forkproof/forkproof/faults"
)

// An entry is a rule with its state in the engine.
type entry struct {
	Rule
	next   time.Time // when it begins, or begins again; zero: never
	begins int
	hits   int
	// left is how often calls may be hit until it begins again; unbounded when
	// negative.
	left int
}

// unbounded is entry.left of a rule without a bound.
const unbounded = -1

func (r *entry) isDue(now time.Time) bool { return !r.next.IsZero() && !now.Before(r.next) }

// scheduleNext sets when a rule begins again. One that is late does not catch up.
func (r *entry) scheduleNext(now time.Time) {
	if r.Every == 0 || !r.atCalls() && r.Times > 0 && r.begins >= r.Times {
		r.next = time.Time{}
		return
	}
	for !r.next.After(now) {
		r.next = r.next.Add(r.Every)
	}
}

// allowHits sets how often the rule may hit calls from now on. One that begins
// again and again hits once each time.
func (r *entry) allowHits() {
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

// countHit counts one call that was hit.
func (r *entry) countHit() {
	r.hits++
	if r.left > 0 {
		r.left--
	}
	if r.Times > 0 && r.hits >= r.Times {
		r.next = time.Time{}
	}
}

// A dueUndo is an Undo and when it is due.
type dueUndo struct {
	at   time.Time
	rule string
	undo faults.Undo
}

func (e *Engine) undoDue(now time.Time) {
	kept := e.undos[:0]
	for _, d := range e.undos {
		if now.Before(d.at) {
			kept = append(kept, d)
			continue
		}
		if err := d.undo(); err != nil {
			e.log.say("%s could not be undone: %v", d.rule, err)
			continue
		}
		e.log.say("%s is undone", d.rule)
	}
	e.undos = kept
}

// untilNext returns a channel that is ready when something is due; nil when nothing
// will be.
func (e *Engine) untilNext() <-chan time.Time {
	var next time.Time
	earlier := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, r := range e.entries {
		earlier(r.next)
	}
	for _, d := range e.undos {
		earlier(d.at)
	}
	if next.IsZero() {
		return nil
	}
	return time.After(time.Until(next))
}

// A sampler draws probabilities, for the engine and for the tracer.
type sampler struct {
	mu     sync.Mutex
	random *rand.Rand
}

// sample returns true with a probability.
func (s *sampler) sample(probability float64) bool {
	if probability >= 1 {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.Float64() < probability
}
