package observe

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A timeoutRule finds out whether a call has a timeout, and its length.
type timeoutRule func(Call, blockedThread) (Wait, time.Duration)

// A blockedThread tells what a call only points to.
type blockedThread interface {
	// words reads two 64-bit words of its memory.
	words(address uint64) ([2]int64, error)
	// socketTimeout returns a timeout option of a descriptor, socket(7); 0 for
	// none, also when the descriptor is no socket.
	socketTimeout(fd, option int) (time.Duration, error)
}

// timing finds out whether the call has a timeout, and its length.
func (c Call) timing(t blockedThread) (Wait, time.Duration) {
	kind, known := calls[c.Name]
	switch {
	case !known:
		return Unknown, 0
	case kind.timeout == nil:
		return Untimed, 0
	default:
		return kind.timeout(c, t)
	}
}

// always is for calls that end at a time that is unknown.
func always(Call, blockedThread) (Wait, time.Duration) { return Timed, 0 }

func unknownTimeout(Call, blockedThread) (Wait, time.Duration) { return Unknown, 0 }

// milliseconds is a timeout of type int; a negative one is none.
func milliseconds(arg int) timeoutRule {
	return func(c Call, _ blockedThread) (Wait, time.Duration) {
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
	return func(c Call, t blockedThread) (Wait, time.Duration) {
		if c.Args[arg] == 0 {
			return Untimed, 0
		}
		words, err := t.words(c.Args[arg])
		const longest = int64(1<<63-1)/int64(time.Second) - 1
		if err != nil || words[0] < 0 || words[0] > longest {
			return Timed, 0
		}
		return Timed, time.Duration(words[0])*time.Second + time.Duration(words[1])*fraction
	}
}

// absolute is a pointer to the time at which the call ends, or nil for no timeout.
func absolute(arg int) timeoutRule {
	return func(c Call, _ blockedThread) (Wait, time.Duration) {
		if c.Args[arg] == 0 {
			return Untimed, 0
		}
		return Timed, 0
	}
}

// clockSleep is clock_nanosleep(2), with a relative or an absolute time.
func clockSleep(c Call, t blockedThread) (Wait, time.Duration) {
	const timerAbsolute = 1
	if c.Args[1]&timerAbsolute != 0 {
		return Timed, 0
	}
	return relativeTimespec(2)(c, t)
}

func futexWait(c Call, t blockedThread) (Wait, time.Duration) {
	if c.Args[1]&proc.FutexOperation == proc.FutexWait {
		return relativeTimespec(3)(c, t)
	}
	return absolute(3)(c, t)
}

// signalWait is rt_sigtimedwait(2), which a timer also ends when the call waits
// for a signal that timers send.
func signalWait(c Call, t blockedThread) (Wait, time.Duration) {
	if c.Args[2] != 0 {
		return relativeTimespec(2)(c, t)
	}
	set, err := t.words(c.Args[0])
	switch {
	case err != nil:
		return Unknown, 0
	case SignalSet(set[0])&proc.TimerSignals != 0:
		return Timed, 0
	default:
		return Untimed, 0
	}
}

// either is for calls with two timeouts. It returns the first that is set.
func either(one, other timeoutRule) timeoutRule {
	return func(c Call, t blockedThread) (Wait, time.Duration) {
		wait, length := one(c, t)
		if wait == Timed {
			return wait, length
		}
		second, length := other(c, t)
		if second == Timed || wait == Untimed {
			return second, length
		}
		return Unknown, 0
	}
}

// receiveOption is SO_RCVTIMEO of the descriptor.
func receiveOption(c Call, t blockedThread) (Wait, time.Duration) {
	return option(t, int(int32(c.Args[0])), unix.SO_RCVTIMEO)
}

// sendOption is SO_SNDTIMEO of the descriptor.
func sendOption(c Call, t blockedThread) (Wait, time.Duration) { return sendOptionOf(0)(c, t) }

// sendOptionOf is SO_SNDTIMEO of the descriptor in an argument.
func sendOptionOf(arg int) timeoutRule {
	return func(c Call, t blockedThread) (Wait, time.Duration) {
		return option(t, int(int32(c.Args[arg])), unix.SO_SNDTIMEO)
	}
}

func option(t blockedThread, fd, name int) (Wait, time.Duration) {
	length, err := t.socketTimeout(fd, name)
	switch {
	case err != nil:
		return Unknown, 0
	case length == 0:
		return Untimed, 0
	default:
		return Timed, length
	}
}
