package harness

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/denial"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/suite/turns"
	"github.com/forkproof/forkproof/targets"
)

// Launch starts a fresh server and learns its tree while it is idle, so that
// prefork workers are known from the children of a connection.
func (c *Case) Launch() *Server {
	c.learnGreeting()
	return c.start()
}

// start is Launch for a server whose greeting is known, or about to be learnt.
func (c *Case) start() *Server {
	host, err := c.run.hosts.take(c.ctx, c.config)
	if err != nil {
		c.CannotJudge("no place to run the server: %v", err)
	}
	c.host = host
	if turn := turns.Of(c.ctx); turn != nil {
		host.Seen = turn.Sees
	}
	c.Cleanup(func() { c.run.hosts.end(host) })
	started := time.Now()
	target, err := c.startOn(host)
	c.mustListen(err)
	v := &view{c: c, target: target, started: started}
	s := &Server{c: c, view: v, wait: &waiter{view: v, limits: c.config.Limits, learnt: &c.run.learnt}}
	c.server = s
	c.run.listened.Store(true)
	if len(c.config.Inetd) > 0 {
		c.Did("listened on %v, to start %s for each client with the connection as its descriptors 0, 1 and 2", target.Listening, c.config.Command.Short())
	} else {
		c.Did("started %s: it listens on %v", c.config.Command.Short(), target.Listening)
	}
	v.idle = s.Rest()
	c.config.deferred = c.config.Protocol == HTTP && deferred(v.idle)
	return s
}

// StartedIn returns the working directory in which the server is started.
func (s *Server) StartedIn() string {
	dir, err := filepath.Abs(s.c.config.Command.Dir) // "" is forkproof's own
	if err != nil {
		s.c.CannotJudge("the working directory is not known: %v", err)
	}
	return dir
}

// deferred says whether a server is handed its clients only with their first bytes. Where
// that cannot be seen, a client that sends nothing shows it (mustBeHandedOver).
func deferred(p observe.Picture) bool {
	return slices.ContainsFunc(p.Listening(), func(h observe.Holding) bool {
		is, err := observe.Deferred(h.Process, h.FD)
		return err == nil && is
	})
}

// startOn starts the server on a host, traced if the run says so.
func (c *Case) startOn(host *targets.Host) (*targets.Server, error) {
	if c.config.Tracing == nil {
		return host.Start(c.ctx, c.config.started())
	}
	return c.config.Tracing.Start(c.ctx, host, c.config.started())
}

// LaunchUnder starts a fresh server that inherits something unusual. When it does
// not come to listen, silent is told why, and may end the spec.
func (c *Case) LaunchUnder(conditions targets.Conditions, silent func(match.Finding)) *Server {
	conditions.Env = append(slices.Clone(c.config.Command.Conditions.Env), conditions.Env...)
	c.config.Command.Conditions = conditions
	var s *Server
	if o := attempt(func() { s = c.Launch() }); s == nil {
		if o.shortfall {
			silent(o.finding)
		}
		panic(o)
	}
	return s
}

// BoundStart bounds the processor time that a server may use before it listens, for
// servers that are started from now on.
func (c *Case) BoundStart(used time.Duration) { c.config.Limits.StartCPU = used }

// Relaunch starts the command of an ended server again on the same host, where it is
// expected on the same port, and says whether it listens there.
func (c *Case) Relaunch(first *Server) (samePort bool, again *targets.Server, err error) {
	port := first.view.target.Listening.Port()
	again, err = c.host.StartAt(c.ctx, c.config.started(), port)
	c.Did("started it again on the same network")
	return err == nil && again.Listening.Port() == port, again, err
}

// TakesSamePort says whether the server listens on the same port when it is
// started on a network that nothing used before.
func (c *Case) TakesSamePort(first *Server) bool {
	if c.config.started().TakesPort() {
		return true
	}
	host, err := c.run.hosts.take(c.ctx, c.config)
	if err != nil {
		c.CannotJudge("no place to run the server: %v", err)
	}
	defer c.run.hosts.end(host)
	again, err := host.Start(c.ctx, c.config.started())
	if err != nil {
		c.CannotJudge("the server could be started once, but not a second time: %v", err)
	}
	return again.Listening.Port() == first.view.target.Listening.Port()
}

// mustListen ends the spec when the server does not listen.
func (c *Case) mustListen(err error) {
	var silent *targets.NotListening
	var unseen *targets.UnseenError
	switch {
	case err == nil:
	case errors.As(err, &unseen):
		c.cannotJudgeAny(unseen.Reason)
	case c.ctx.Err() != nil:
		c.checkMachine()
	case errors.As(err, &silent):
		if silent.Status != nil && silent.Status.Signaled() && silent.Status.Signal() == unix.SIGKILL && c.host.Overgrown() == 0 {
			if c.host.OutOfMemory() {
				c.CannotJudge("the server used up its memory before it listened: see --memory")
			}
			c.CannotJudge("something outside forkproof killed the server (SIGKILL) before it listened")
		}
		ended := ""
		if silent.Status != nil {
			ended = targets.Describe(*silent.Status)
		}
		c.FallShort(match.Finding{
			Expected:  "the server comes to listen on a TCP port",
			Found:     silent.Reason,
			Diagnosis: "a server that does not listen cannot be reached by any client" + c.deniedToIt(silent),
			Snapshot:  &match.Snapshot{Picture: silent.Picture, Output: silent.Output, Ended: ended, Given: silent.Port},
		})
	default:
		c.CannotJudge("the server could not be started: %v", err)
	}
}

// deniedToIt looks why a server that never listened does not. When the sandbox denied
// it what would have worked outside, and the server did not go on after that, it
// cannot be judged here, and the spec ends. Otherwise it returns what is to be added to
// the diagnosis; "" when nothing was denied.
func (c *Case) deniedToIt(silent *targets.NotListening) string {
	if c.run.listened.Load() {
		return ""
	}
	if err := c.host.Stop(c.ctx); err != nil {
		return ""
	}
	denied, err := denial.Find(c.ctx, c.host, c.config.started())
	switch {
	case err != nil || denied == nil:
		return "" // what cannot be seen is not said
	case !denied.Decisive:
		return fmt.Sprintf(". Before that, %v", denied)
	}
	c.run.denied.Store(true)
	panic(outcome{verdict: report.Error, finding: match.Finding{
		Expected:  "the server comes to listen on a TCP port",
		Found:     fmt.Sprintf("%s, after %v", silent.Reason, denied),
		Diagnosis: "the same call works outside of the sandbox, so the server is not judged. " + denied.Remedy,
		Snapshot:  &match.Snapshot{Picture: silent.Picture, Output: silent.Output},
	}})
}

// hosts are the places that the servers of a run are started in.
type hosts struct {
	closing sync.WaitGroup // of hosts that are being ended, while the next spec runs already
	mu      sync.Mutex
	failed  error // of those that could not be ended
}

// take opens a host.
func (h *hosts) take(ctx context.Context, config Config) (*targets.Host, error) {
	host, err := targets.NewHost(ctx, config.Limits.Limits)
	if err == nil {
		host.Call = denial.Watch
	}
	return host, err
}

// end ends a host. On the machine's own network it returns when that is done: the
// next server may want the same port.
func (h *hosts) end(host *targets.Host) {
	if !host.Isolation().Network {
		defer h.closing.Wait()
	}
	h.closing.Go(crash.Guarded(func() {
		if err := host.Close(); err != nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.failed = errors.Join(h.failed, err)
		}
	}))
}

// close waits until every host is ended.
func (h *hosts) close() error {
	h.closing.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failed
}
