package harness

import (
	"fmt"
	"strings"
	"time"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/suite/turns"
)

// An ending is how a wait ended, as a clause for the report.
type ending string

const (
	seen       ending = "" // what was awaited came
	final      ending = "every process sleeps and nothing that is still to come can wake it, so this is final"
	asleep     ending = "every process sleeps, until a timer wakes it"
	allGone    ending = "no process of the server is left"
	timersUp   ending = "every timed wait of the server has ended twice since, and nothing changed"
	dormant    ending = "every process sleeps, and no timed wait of the server ends within"
	unaskedFor ending = "the server goes on sending what no client asked for"
	streams    ending = "the server goes on sending to clients that say nothing, and nothing else changes"
	spun       ending = "the server goes on using processor time, and nothing changes"
)

// busy says whether a wait ended because the server uses the processor for nothing.
func (e ending) busy() bool { return strings.HasPrefix(string(e), string(spun)) }

// sleeps says whether a wait ended because the server sleeps and nothing that is still
// to come wakes it for as long as it is waited for.
func (e ending) sleeps() bool { return e == final || strings.HasPrefix(string(e), string(dormant)) }

// A patience says which rest of the tree ends a wait.
type patience int

const (
	whenFinal  patience = iota // nothing can wake it any more
	whenAsleep                 // it sleeps; a timer may wake it
)

const (
	// firstLook is how long a server is left alone before it is looked at for
	// a sign that what is awaited never comes. Most waits end before.
	firstLook = 2 * time.Millisecond
	lastLook  = 10 * time.Millisecond
	// mostLookCost is the most that a look takes for each process, several times what it
	// does on an idle machine, 0.1 to 0.3 ms: what is measured beyond that, the machine took.
	mostLookCost = time.Millisecond
	// lookShare is how many times as long as a look takes the next one is put off: to
	// look at a hundred processes all the time keeps them from their work.
	lookShare = 3
	// longestPutOff is how long a look is put off at the most because the last one took long:
	// the machine may have held up that one alone.
	longestPutOff = 500 * time.Millisecond
	// firstGlance is how long it takes until what is awaited is looked for again.
	firstGlance = 200 * time.Microsecond
	// glanceShare is the part of a wait by which it may end late.
	glanceShare = 8
)

// A waiter waits for what a server and its clients are to show.
type waiter struct {
	*view
	limits  Limits
	learnt  *learnt
	changes clients.Notifier // of all clients
	// lookCost is the least time that a look at everything has taken for each process, but
	// mostLookCost at the most: of any other look, the machine took a part. looked is how
	// many processes the last look showed.
	lookCost time.Duration
	lastCost time.Duration // of the last look at everything
	looked   int
}

// await watches the server and its clients until m holds, or until nothing is
// left that could bring it about. It returns the last snapshot and how it ended.
//
// It glances often at what m has to see, and looks at everything seldom, to
// find out whether the tree can still change.
func (w *waiter) await(m match.Matcher, p patience) (match.Snapshot, ending) {
	return w.awaitWithin(w.limits, m, p)
}

// awaitCaused awaits what has just been caused. That takes the server a moment, in
// which it is better not looked at.
func (w *waiter) awaitCaused(m match.Matcher) (match.Snapshot, ending) {
	return w.awaitKnown("", m)
}

// awaitKnown is awaitCaused for something that may have been seen before, and has taken
// some time then.
func (w *waiter) awaitKnown(what string, m match.Matcher) (match.Snapshot, ending) {
	begin := time.Now()
	if m.Sight() != match.Clients {
		poll.Pause(w.c.ctx, max(firstGlance/2, w.expectedCost(), turns.Of(w.c.ctx).Within(nearly(w.learnt.takes(what)))))
	}
	snapshot, why := w.await(m, whenFinal)
	if why == seen && what != "" {
		w.learnt.took(what, time.Since(begin))
	}
	return snapshot, why
}

// unseenFor is how much later than it might a wait may end that has begun then. What comes and goes
// again while the server is looked at, as the children of a storm, is to be seen all the same.
func unseenFor(begun time.Time) time.Duration { return min(time.Since(begun)/glanceShare, lastLook) }

// nearly is the part of a time after which it is looked for what took at least that time.
func nearly(d time.Duration) time.Duration { return d * 3 / 4 }

// awaitWithin is await with limits of its own.
func (w *waiter) awaitWithin(limits Limits, m match.Matcher, p patience) (match.Snapshot, ending) {
	snapshot, end := w.watch(limits, m, p)
	if tell := w.c.config.OnMoment; tell != nil {
		tell(len(w.c.done), w.see(match.Everything))
	}
	return snapshot, end
}

// watch is awaitWithin, but for telling of it.
func (w *waiter) watch(limits Limits, m match.Matcher, p patience) (match.Snapshot, ending) {
	t := watch{limits: limits, patience: p, learnt: w.learnt, started: w.started, disturbed: w.c.disturbed}
	defer func() { w.c.stalled += t.stalled }()
	look := time.Now().Add(max(firstLook, w.putOff()))
	if m.Sight() == match.Clients { // most are answers, and come by themselves
		look = look.Add(turns.Of(w.c.ctx).Within(2 * w.learnt.takes(toAnswer)))
	}
	if p == whenAsleep {
		look = time.Now()
	}
	begun, looked, owed := time.Now(), false, w.owed()
	for glance, wait := firstGlance, firstLook; ; glance = min(glance*3/2, lastLook) {
		changed := w.changes.Changed()
		due := !time.Now().Before(look)
		sight := m.Sight()
		if due {
			sight = match.Everything
		}
		begin := time.Now()
		snapshot := w.see(sight)
		cost := time.Since(begin)
		if m.Holds(snapshot) {
			return snapshot, seen
		}
		if why := m.Hopeless(snapshot); why != "" {
			if !due { // what the finding shows is everything
				snapshot = w.see(match.Everything)
			}
			return snapshot, ending(why)
		}
		if flood := w.flooded(p, owed); flood != "" {
			return w.see(match.Everything), flood
		}
		if due {
			w.took(cost, len(snapshot.Picture.Processes))
			// What a client did or saw after the look began is not in the snapshot.
			if end := t.look(snapshot); end != seen && !isClosed(changed) {
				if m.HoldsAtRest(snapshot) {
					end = seen
				}
				return snapshot, end
			}
			if slow := t.trickle.Slow(snapshot, t.given, limits.Grace); slow != "" {
				w.c.cannotJudgeAny(slow)
			}
			w.joinInError()
			wait = min(wait*3/2, lastLook)
			rarely := time.Duration(0)
			if t.progressed { // while things change, nothing is final
				glance, wait, rarely = firstGlance, firstLook/4, unseenFor(begun)
			}
			look = time.Now().Add(max(wait, w.putOff(), rarely))
			if p == whenAsleep && !looked {
				look = time.Now() // two looks tell whether it sleeps; time between them adds nothing
			}
			looked = true
		}
		pause := time.Until(look)
		if m.Sight() != match.Clients {
			// A big tree takes long to look at, and has the more to do itself; and what
			// has taken long may take longer.
			pause = min(pause, max(glance, min(2*cost, w.expectedCost()), unseenFor(begun)))
		}
		select {
		case <-changed:
		case <-poll.After(pause):
		case <-w.c.ctx.Done():
			w.c.checkMachine()
		}
	}
}

// joinInError ends the spec when another has found meanwhile that none can be judged, and this
// one takes long.
func (w *waiter) joinInError() {
	if why := w.c.run.unseen.Load(); why != nil && time.Since(w.started)-w.c.stalled > w.limits.Grace {
		w.c.cannotJudgeAny(*why)
	}
}

// surplus is how many bytes more than it sent a client receives until it is plain that
// the server sends without end.
const surplus = 1 << 20

// unasked is how many bytes that no client is owed tell that the server does not sleep.
const unasked = 64

// flooded says that clients receive bytes without end, as a clause. Owed is what they may
// have received in all when the wait has ended.
func (w *waiter) flooded(p patience, owed int64) ending {
	var received int64
	for _, c := range w.clients {
		h := c.History()
		if c.Bounded && h.Wrong == nil {
			continue // its conversation tells the first byte that it is not owed
		}
		if h.Received > h.Queued+surplus {
			return ending(fmt.Sprintf("the server sends without end: %s received more than 1 MiB beyond what it sent", c.Name))
		}
		if !c.Bounded { // a wrong reply may be long
			received += h.Received
		}
	}
	if p == whenAsleep && received > owed+unasked {
		return unaskedFor
	}
	return seen
}

// owed is how many bytes the clients will have received when they have received every
// byte that they are owed.
func (w *waiter) owed() (sum int64) {
	for _, c := range w.clients {
		h := c.History()
		sum += max(h.Queued, h.Received)
	}
	return sum
}

// pause waits until a client sees something, or for the time between two looks.
func (w *waiter) pause() {
	select {
	case <-w.changes.Changed():
	case <-time.After(lastLook):
	case <-w.c.ctx.Done():
		w.c.checkMachine()
	}
}

// took notes how long a look at everything took, and how many processes it showed.
func (w *waiter) took(cost time.Duration, processes int) {
	w.looked, w.lastCost = processes, cost
	if processes == 0 {
		return
	}
	if each := min(cost/time.Duration(processes), mostLookCost); w.lookCost == 0 || each < w.lookCost {
		w.lookCost = each
	}
}

// putOff is how long the next look at everything is put off. Where the machine is so busy
// that each look takes long, what is awaited does, too, and mostly comes without one.
func (w *waiter) putOff() time.Duration {
	return max(lookShare*w.expectedCost(), min(lookShare*w.lastCost, longestPutOff))
}

// expectedCost is how long the next look at everything takes on a machine that does
// nothing else: of the processes that the last one showed, or of more when there are
// clients that came since, each of which may have a process of its own.
func (w *waiter) expectedCost() time.Duration {
	return w.lookCost * time.Duration(max(w.looked, w.open()))
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
