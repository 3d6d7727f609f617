package harness

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
)

// A view sees a server and its clients.
type view struct {
	c      *Case
	target *targets.Server
	// started is when the server was started, or a moment before.
	started time.Time
	idle    observe.Picture // the tree before the first client
	// clients are those that the spec has not forgotten.
	clients []*match.Client
	ended   bool // the spec itself ended the server
}

// details are what a look reads of the server for a matcher.
var details = map[match.Sight]observe.Detail{
	match.Sockets:     observe.Sockets,
	match.Descriptors: observe.Descriptors,
	match.Everything:  observe.Everything,
}

// see returns a snapshot that shows as much as is asked for.
func (v *view) see(sight match.Sight) match.Snapshot {
	host := v.target.Host()
	snapshot := match.Snapshot{
		Idle: v.idle, Init: host.Init(), Address: v.target.Listening, Clients: v.clients,
		OutputPipe: v.target.Output().Inode(),
	}
	if sight == match.Clients {
		return snapshot
	}
	snapshot.Gone, snapshot.Overgrown = host.Empty(), host.Overgrown()
	picture, err := v.target.Look(details[sight])
	if err != nil {
		v.c.CannotJudge("the server's processes cannot be seen: %v", err)
	}
	snapshot.Picture, snapshot.Ended = picture, v.exit(picture)
	return snapshot
}

// exit says how the started process ended; empty while it runs.
func (v *view) exit(now observe.Picture) string {
	status, ended := v.status(now)
	switch n := v.target.Host().Overgrown(); {
	case n > 0:
		return fmt.Sprintf("grew to %d processes and was ended by forkproof", n)
	case ended && v.target.Host().OutOfMemory():
		return targets.Describe(status) + ", as it had used up its memory: see --memory"
	case ended:
		return targets.Describe(status)
	}
	return ""
}

// status returns the wait status of the started process, when it has ended. The
// kernel shows its zombie before its init has waited for it: where the picture
// shows it dead, status waits for the init's word.
func (v *view) status(now observe.Picture) (unix.WaitStatus, bool) {
	if p, found := now.ByPID(v.target.PID); found && p.Alive() {
		return v.target.Exit()
	}
	return v.target.EndedAs(v.c.ctx)
}

func (v *view) killedFromOutside() bool {
	host := v.target.Host()
	status, ended := v.target.EndedAs(v.c.ctx)
	return ended && !v.ended && host.Overgrown() == 0 && !host.OutOfMemory() &&
		status.Signaled() && status.Signal() == unix.SIGKILL
}

// open counts the clients whose connection has not ended.
func (v *view) open() int {
	n := 0
	for _, c := range v.clients {
		if !c.History().Ended() {
			n++
		}
	}
	return n
}
