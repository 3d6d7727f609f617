// Package denial finds out what the sandbox denied to a server that does not come to
// listen. It starts the server once more, traces its system calls, and compares each
// that failed with what the same call could have done outside of the sandbox. Watch sees
// in the same way whether a server that is running goes on without listen.
package denial

import (
	"context"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/targets"
)

// A Denial is a system call that the sandbox denied to a server, and that would have
// been carried out outside of it.
type Denial struct {
	// What says what the server tried: "open /var/log/server.log for writing".
	What string
	// Errno is what the server got.
	Errno unix.Errno
	// Remedy says which flag allows it, or that none does.
	Remedy string
	// Decisive says that the server did not go on after it: it created no socket and
	// no process, and executed no program. What keeps no server from listening, as the
	// refusal of a priority, is not decisive.
	Decisive bool
}

// String returns "the sandbox did not let it open /x for writing (EROFS)".
func (d *Denial) String() string {
	return fmt.Sprintf("the sandbox did not let it %s (%s)", d.What, unix.ErrnoName(d.Errno))
}

// Find starts a command on a host that nothing runs on, and returns what the sandbox
// denied to it last; nil when that is nothing, or when the server listens this time.
// The error says why that cannot be seen, as where ptrace(2) is refused.
func Find(ctx context.Context, host *targets.Host, command targets.Command) (*Denial, error) {
	held, err := host.Hold(ctx, command)
	if err != nil {
		return nil, err
	}
	now, err := host.Look(0)
	if err != nil {
		return nil, fmt.Errorf("look at the server: %w", err)
	}
	one, found := now.ByPID(held.PID)
	if !found {
		return nil, fmt.Errorf("process %d has ended before it was released", held.PID)
	}
	course := course{outside: here(), tier: host.Isolation().Tier}
	starts, over := context.WithCancel(ctx)
	defer over()
	var loop unlistened
	recording, err := trace.Record(ctx, []process.ID{process.ID(one.ID)}, func(call trace.Call) {
		course.take(call)
		if loop.take(call) {
			over() // it listens no more than the first time
		}
	})
	if err != nil {
		return nil, err
	}
	_, started := held.Release(starts)
	if err := host.Stop(ctx); err != nil {
		return nil, err
	}
	<-recording.Done() // every process has ended
	if started == nil {
		return nil, nil
	}
	return course.last, nil
}
