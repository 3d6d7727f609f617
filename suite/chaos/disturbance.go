package chaos

import (
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// fewBytes is the most that a shortened call transfers.
const fewBytes = 7

// A disturbance is one fault of a random sequence, with the clients that come
// while it lasts. It is drawn before anything is started, so that the same seed
// gives the same sequence for ever, and a part of a sequence can be done again.
type disturbance struct {
	name string
	// arm disturbs the server; victim is one of the clients that stay. What it
	// returns ends the disturbance and says whether it hit.
	arm func(s *harness.Server, victim *match.Client) (disarm func() (hit bool))
	// victim is which of the clients that stay it is for.
	victim int
	// come is how many clients come meanwhile; leave is how they leave.
	come  int
	leave departure
}

// A departure is how clients leave.
type departure struct {
	name string
	do   func(*harness.Server, harness.Group)
}

var departures = []departure{
	{"close", (*harness.Server).Close},
	{"half-close", (*harness.Server).HalfClose},
	{"reset", (*harness.Server).Reset},
}

// String says it in a clause: "a fork takes 50ms (meanwhile 2 clients, which end with a reset)".
func (d disturbance) String() string {
	who := "which ends"
	if d.come > 1 {
		who = "which end"
	}
	return fmt.Sprintf("%s (meanwhile %s, %s with a %s)", d.name, harness.Count(d.come, "client"), who, d.leave.name)
}

// drawDisturbances returns a random sequence.
func drawDisturbances(n int, seed uint64) []disturbance {
	random := rand.New(rand.NewPCG(seed, uint64(n)))
	list := make([]disturbance, n)
	for i := range list {
		list[i] = disturbanceKinds[random.IntN(len(disturbanceKinds))](random)
		list[i].victim = random.IntN(stayConnected)
		list[i].come = 1 + random.IntN(stayConnected)
		list[i].leave = departures[random.IntN(len(departures))]
	}
	return list
}

// disturbanceKinds are what a sequence is drawn from. New ones go at the end:
// a seed stands for a sequence only as long as this list does not change.
var disturbanceKinds = []func(*rand.Rand) disturbance{
	failingOneOf(trace.Fork, unix.EAGAIN, unix.ENOMEM),
	failingOneOf(trace.Accept, unix.ECONNABORTED, unix.EINTR, unix.EPROTO, unix.ENOBUFS, unix.ENOMEM, unix.ENFILE, unix.EMFILE),
	failingOneOf(trace.Read, unix.EINTR, unix.ECONNRESET, unix.ETIMEDOUT),
	failingOneOf(trace.Write, unix.EINTR, unix.EPIPE, unix.ECONNRESET),
	shortened(trace.Read),
	shortened(trace.Write),
	slowForks,
	plain("no descriptor is free", withoutDescriptors),
	plain("the process that listens is stopped", func(s *harness.Server, _ *match.Client) func() bool { return hits(s.Parents().Freeze()) }),
	plain("every process is stopped", func(s *harness.Server, _ *match.Client) func() bool { return hits(s.All().FreezeAll()) }),
	plain("a child is stopped", func(s *harness.Server, victim *match.Client) func() bool {
		return hits(s.Child(childOf(s, victim)).Freeze())
	}),
	plain("a child is killed", func(s *harness.Server, victim *match.Client) func() bool {
		s.Child(childOf(s, victim)).Kill()
		return hits(func() {})
	}),
	plain("SIGCHLD comes for nothing", func(s *harness.Server, _ *match.Client) func() bool {
		s.Parents().Signal(unix.SIGCHLD)
		return hits(func() {})
	}),
	plain("50 SIGCHLD come for nothing", func(s *harness.Server, _ *match.Client) func() bool {
		s.Parents().Storm(unix.SIGCHLD, 50)
		return hits(func() {})
	}),
}

// hits makes the end of a disturbance that cannot miss.
func hits(undo func()) func() bool {
	return func() bool { undo(); return true }
}

func plain(name string, arm func(*harness.Server, *match.Client) func() bool) func(*rand.Rand) disturbance {
	return func(*rand.Rand) disturbance { return disturbance{name: name, arm: arm} }
}

func withoutDescriptors(s *harness.Server, _ *match.Client) func() bool {
	s.Rest()
	return hits(s.Acceptors().Apply(harness.NoDescriptors))
}

func failingOneOf(call trace.Family, errors ...unix.Errno) func(*rand.Rand) disturbance {
	return func(random *rand.Rand) disturbance {
		errno, times := errors[random.IntN(len(errors))], 1+random.IntN(2)
		return injecting(fmt.Sprintf("%s fails with %s, at most %s", call, unix.ErrnoName(errno), harness.Count(times, "time")),
			harness.Failing(call, errno, times))
	}
}

func shortened(call trace.Family) func(*rand.Rand) disturbance {
	return func(random *rand.Rand) disturbance {
		bytes := 1 + random.IntN(fewBytes)
		return injecting(fmt.Sprintf("a %s transfers %s at most", call, harness.Count(bytes, "byte")),
			trace.Injection{Family: call, Short: bytes, Times: 1})
	}
}

func slowForks(random *rand.Rand) disturbance {
	delay := time.Duration(10+random.IntN(90)) * time.Millisecond
	return injecting(fmt.Sprintf("a fork takes %v", delay), trace.Injection{Family: trace.Fork, Delay: delay, Times: 1})
}

// injecting disturbs system calls: those on the victim's connection, or those
// of the processes that listen.
func injecting(name string, rule trace.Injection) disturbance {
	return disturbance{name: name, arm: func(s *harness.Server, victim *match.Client) func() bool {
		var armed *harness.Armed
		switch rule.Family {
		case trace.Read, trace.Write:
			armed = s.OnConnection(rule, victim)
		default:
			armed = s.Acceptors().Inject(rule)
		}
		return func() bool { armed.Disarm(); return len(armed.Hits()) > 0 }
	}}
}
