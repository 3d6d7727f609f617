package observe

import (
	"time"

	"github.com/forkproof/forkproof/internal/proc"
)

// A timeoutRule finds out whether time can end a call, and when.
type timeoutRule func(Call, sleeper) (Wait, time.Duration)

// A sleeper answers what must be asked of the process that sleeps.
type sleeper interface {
	// pair reads two 64-bit words of its memory.
	pair(address uint64) ([2]int64, error)
	// socketTimeout gives a timeout option of a descriptor, socket(7); 0 for
	// none, also when it is no socket.
	socketTimeout(fd, option int) (time.Duration, error)
}

// timing finds out whether time can end the call, and after how long.
func (c Call) timing(s sleeper) (Wait, time.Duration) {
	kind, known := calls[c.Name]
	switch {
	case !known:
		return Unknown, 0
	case kind.timeout == nil:
		return Untimed, 0
	default:
		return kind.timeout(c, s)
	}
}

// always is for calls that time ends, nobody knows when.
func always(Call, sleeper) (Wait, time.Duration) { return Timed, 0 }

func unknownTimeout(Call, sleeper) (Wait, time.Duration) { return Unknown, 0 }

// milliseconds is a timeout given as an int; a negative one is none.
func milliseconds(arg int) timeoutRule {
	return func(c Call, _ sleeper) (Wait, time.Duration) {
		n := int32(uint32(c.Args[arg]))
		if n < 0 {
			return Untimed, 0
		}
		return Timed, time.Duration(n) * time.Millisecond
	}
}

// relativeTimespec is a pointer to a struct timespec, or nil for no timeout.
func relativeTimespec(arg int) timeoutRule { return relative(arg, time.Nanosecond) }

// relativeTimeval is a pointer to a struct timeval, or nil for no timeout.
func relativeTimeval(arg int) timeoutRule { return relative(arg, time.Microsecond) }

func relative(arg int, fraction time.Duration) timeoutRule {
	return func(c Call, s sleeper) (Wait, time.Duration) {
		if c.Args[arg] == 0 {
			return Untimed, 0
		}
		pair, err := s.pair(c.Args[arg])
		const longest = int64(1<<63-1)/int64(time.Second) - 1
		if err != nil || pair[0] < 0 || pair[0] > longest {
			return Timed, 0
		}
		return Timed, time.Duration(pair[0])*time.Second + time.Duration(pair[1])*fraction
	}
}

// absolute is a pointer to the time at which the call ends, or nil for never.
func absolute(arg int) timeoutRule {
	return func(c Call, _ sleeper) (Wait, time.Duration) {
		if c.Args[arg] == 0 {
			return Untimed, 0
		}
		return Timed, 0
	}
}

// clockSleep is clock_nanosleep(2), which sleeps for a time or until one.
func clockSleep(c Call, s sleeper) (Wait, time.Duration) {
	const timerAbsolute = 1
	if c.Args[1]&timerAbsolute != 0 {
		return Timed, 0
	}
	return relativeTimespec(2)(c, s)
}

func futexWait(c Call, s sleeper) (Wait, time.Duration) {
	if c.Args[1]&proc.FutexOperation == proc.FutexWait {
		return relativeTimespec(3)(c, s)
	}
	return absolute(3)(c, s)
}

// signalWait is rt_sigtimedwait(2), which time also ends when it waits for a
// signal that timers send.
func signalWait(c Call, s sleeper) (Wait, time.Duration) {
	if c.Args[2] != 0 {
		return relativeTimespec(2)(c, s)
	}
	set, err := s.pair(c.Args[0])
	switch {
	case err != nil:
		return Unknown, 0
	case SignalSet(set[0])&proc.TimerSignals != 0:
		return Timed, 0
	default:
		return Untimed, 0
	}
}

// either is for calls that have two timeouts; the first that counts is given.
func either(one, other timeoutRule) timeoutRule {
	return func(c Call, s sleeper) (Wait, time.Duration) {
		wait, length := one(c, s)
		if wait == Timed {
			return wait, length
		}
		second, length := other(c, s)
		if second == Timed || wait == Untimed {
			return second, length
		}
		return Unknown, 0
	}
}
