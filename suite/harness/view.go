package harness

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
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
	hiding  hiding
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
	switch sight {
	case match.Clients:
		return snapshot
	case match.Network:
		snapshot.Picture.At = time.Now()
		var err error
		if snapshot.Picture.Sockets, err = host.Sockets(); err != nil {
			v.c.CannotJudge("the server's sockets cannot be seen: %v", err)
		}
		return snapshot
	}
	snapshot.Gone, snapshot.Overgrown = host.Empty(), host.Overgrown()
	picture, err := v.target.Look(details[sight])
	if err != nil {
		v.c.CannotJudge("the server's processes cannot be seen: %v", err)
	}
	snapshot.Picture, snapshot.Ended = picture, v.exit(picture)
	if sight == match.Everything {
		v.mustShowAll(picture)
	}
	return snapshot
}

// A hiding is a process that every look since then could not read.
type hiding struct {
	process observe.ProcessID
	since   time.Time
}

// mustShowAll ends the run when a process is traced by another one of the server, or
// cannot be read for longer than it takes to execute a program.
func (v *view) mustShowAll(now observe.Picture) {
	hides := false
	for _, p := range now.Live() {
		for _, t := range p.Tasks {
			if t.Tracer == 0 {
				continue
			}
			if tracer, own := now.Tracer(t.Tracer); own {
				v.c.cannotJudgeAny(fmt.Sprintf("the server traces itself: process %d (%s) is traced by its process %d (%s), "+
					"so forkproof cannot attach and inject a fault; start it without its tracer", p.ID.PID, p.Name, tracer.ID.PID, tracer.Name))
			}
		}
		switch {
		case !p.Hides() || hides:
		case v.hiding.process != p.ID:
			v.hiding = hiding{p.ID, now.At}
		case now.At.Sub(v.hiding.since) > unseenLimit:
			v.c.cannotJudgeAny("the server cannot be seen: " + targets.Hides(p))
		}
		hides = hides || p.Hides()
	}
	if !hides {
		v.hiding = hiding{}
	}
}

// unseenLimit is how long a look may show what soon mends itself: a socket that no
// process holds, as the kernel closes some only after their process has ended.
const unseenLimit = 500 * time.Millisecond

// mustHoldAll ends the spec when the server keeps a socket where no process is seen to
// hold it: who holds which connection is then not known. It waits until the socket is
// gone, or unseenLimit is over; once a server is known to do so, it looks once more.
func (v *view) mustHoldAll(now match.Snapshot) {
	own := v.target.Host().Isolation().Network
	unseen := now.Unseen(own)
	for begin := time.Now(); len(unseen) > 0; poll.Pause(v.c.ctx, lastLook) {
		again := v.see(match.Everything).Unseen(own)
		unseen = slices.DeleteFunc(unseen, func(k observe.Socket) bool {
			return !slices.ContainsFunc(again, func(l observe.Socket) bool { return k.Inode == l.Inode })
		})
		v.c.checkMachine()
		if len(unseen) > 0 && (v.c.run.learnt.hides.Load() || time.Since(begin) > unseenLimit) {
			v.c.run.learnt.hides.Store(true)
			v.c.CannotJudge("the server %s", keepsUnseen(unseen[0]))
		}
	}
}

func keepsUnseen(k observe.Socket) string {
	what := "a connection"
	if k.State == observe.Listen {
		what = "its listening socket"
	}
	return fmt.Sprintf("keeps %s where it cannot be seen: %v is open, and no process has a descriptor of it "+
		"(a message that was not received, SCM_RIGHTS, may hold it, or a poll by io_submit)", what, k)
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
