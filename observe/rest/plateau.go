package rest

import "github.com/forkproof/forkproof/observe"

// Ended counts the sleeps that the threads of a waker have ended between two
// looks: how often it woke them, or something else did.
func (w Waker) Ended(since, now observe.Picture) uint64 {
	before, found := since.Find(w.Process)
	after, still := now.Find(w.Process)
	if !found || !still {
		return 0
	}
	var sum uint64
	for _, tid := range w.TIDs {
		old, found := before.Task(tid)
		t, still := after.Task(tid)
		if found && still {
			sum += t.Sleeps - old.Sleeps
		}
	}
	return sum
}

// turns is how often a timed wait must end before it is taken that it will
// change nothing: the first turn may have been under way at the first look.
const turns = 2

// Plateau says whether everything that time can wake has been awake at least
// twice since a look, and the tree sleeps again, with the same processes. It
// is for trees that are never final. The caller sees to it that nothing that
// matters to it changed since then. Last is the look before now; all three are
// looks with Everything.
//
// Nobody else has run since last. A look takes one thread after the other, and
// while they hand on some work may find each of them asleep; a thread that wakes
// every 20 µs, as the monitor of a Go program does just then, proves nothing.
func Plateau(since, last, now observe.Picture) bool {
	var c clauses
	sameProcesses(&c, since, now)
	asleep(&c, now)
	traffic(&c, last, now)
	wakers := Wakers(now)
	unmoved(&c, last, now, wakers)
	if len(c.list) > 0 {
		return false
	}
	for _, w := range wakers {
		if w.Ended(since, now) < turns || now.At.Sub(since.At) < turns*w.Timeout {
			return false
		}
	}
	return len(wakers) > 0
}
