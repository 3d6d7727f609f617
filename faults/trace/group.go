package trace

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
)

// watching are the tracers of Watch that are at work: a process has one tracer, and what
// else is to be done to it by ptrace(2), that one does.
var watching registry

type registry struct {
	mu   sync.Mutex
	list []*tracer
}

func (r *registry) add(tr *tracer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, tr)
}

func (r *registry) remove(tr *tracer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = slices.DeleteFunc(r.list, func(other *tracer) bool { return other == tr })
}

func (r *registry) all() []*tracer {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

// do has the tracer call f between two stops, and returns when it has, or false when it
// traces nothing any more.
func (tr *tracer) do(f func()) bool {
	done := make(chan struct{})
	select {
	case tr.commands <- func() { defer close(done); f() }:
	case <-tr.log.done:
		return false
	}
	tr.interrupter.interrupt()
	select {
	case <-done:
		return true
	case <-tr.log.done:
		return false
	}
}

// obey calls what do was given.
func (tr *tracer) obey() {
	for {
		select {
		case f := <-tr.commands:
			f()
		default:
			return
		}
	}
}

// A group is what one call of Inject has armed on a tracer that watches the processes.
type group struct {
	processes  []process.ID
	injections []*armedInjection
	log        *hitLog
	named      map[int]bool // the processes
	born       map[int]bool // their children, forked since
	// arming are the threads that have yet to stop once; armed is closed when none is.
	arming  []*tracee
	armed   chan struct{}
	leaving bool // it hits no further call
}

// fail ends the group with an error.
func (g *group) fail(err error) {
	g.log.fail(err)
	g.leaving = true
}

// of returns the watching tracer of the first of some processes that has one.
func (r *registry) of(processes []process.ID) (found *tracer) {
	for _, tr := range r.all() {
		tr.do(func() {
			for _, t := range tr.tracees {
				if slices.ContainsFunc(processes, func(p process.ID) bool { return p.PID == t.pid }) {
					found = tr
				}
			}
		})
	}
	return found
}

// join arms injections, and returns when every thread concerned has stopped once.
func (tr *tracer) join(ctx context.Context, processes []process.ID, injections []Injection) (*Injected, error) {
	g := &group{processes: processes, log: newHitLog(), named: map[int]bool{}, born: map[int]bool{}, armed: make(chan struct{})}
	for _, p := range processes {
		g.named[p.PID] = true
	}
	for _, i := range injections {
		g.injections = append(g.injections, &armedInjection{Injection: i, group: g})
	}
	gone := &process.GoneError{Process: processes[0], Op: "inject"}
	alive := false
	if !tr.do(func() { alive = tr.admit(g) }) || !alive {
		return nil, gone
	}
	joined := &Injected{tracer: tr, group: g}
	select {
	case <-g.armed:
		return joined, nil
	case <-g.log.done:
		return joined, nil
	case <-ctx.Done():
		_ = joined.Undo()
		return nil, fmt.Errorf("inject: a thread cannot be stopped: %w", context.Cause(ctx))
	}
}

// admit arms a group, and reports whether one of its processes is there.
func (tr *tracer) admit(g *group) (alive bool) {
	tr.joined = append(tr.joined, g)
	g.arming = tr.interruptAll(func(t *tracee) bool {
		alive = alive || g.named[t.pid]
		return g.named[t.pid]
	})
	if !alive {
		tr.joined = tr.joined[:len(tr.joined)-1]
	}
	return alive
}

// interruptAll has threads stop that run or sleep, so that the calls in which they sleep
// are made again, and returns them.
func (tr *tracer) interruptAll(which func(*tracee) bool) (list []*tracee) {
	for _, t := range tr.tracees {
		if !which(t) || t.delayed() || tr.watch.born[t.tid] != nil {
			continue
		}
		t.armed = false
		_ = unix.PtraceInterrupt(t.tid) // ESRCH: it was killed; its end comes next
		list = append(list, t)
	}
	return list
}

// everyInjection returns those that may hit a call now.
func (tr *tracer) everyInjection() []*armedInjection {
	if len(tr.joined) == 0 {
		return tr.injections
	}
	list := slices.Clone(tr.injections)
	for _, g := range tr.joined {
		if !g.leaving {
			list = append(list, g.injections...)
		}
	}
	return list
}

// concerns reports whether an injection is for the calls of a process.
func (tr *tracer) concerns(i *armedInjection, pid int) bool {
	if i.group != nil {
		return i.group.named[pid] || i.Follow && i.group.born[pid]
	}
	return i.Follow || tr.isNamed(pid)
}

func (tr *tracer) logOf(i *armedInjection) *hitLog {
	if i.group != nil {
		return i.group.log
	}
	return tr.log
}

// follow has a child belong to the groups of its parent.
func (tr *tracer) follow(child *tracee) {
	s, err := procfile.Stat(child.pid)
	if err != nil {
		return
	}
	for _, g := range tr.joined {
		if g.named[s.Parent] || g.born[s.Parent] {
			g.born[child.pid] = true
		}
	}
}

// dismiss ends a group: what it holds goes on, and calls that it changes are interrupted.
func (tr *tracer) dismiss(g *group) {
	g.leaving = true
	for _, t := range tr.tracees {
		switch {
		case t.interception == nil || t.interception.injection.group != g:
		case t.delayed():
			_ = tr.endDelay(t) // ESRCH: it was killed; its end comes next
		default:
			_ = unix.PtraceInterrupt(t.tid) // likewise
		}
	}
}

// finishJoined notes which groups are armed, and ends those that are complete, that were
// dismissed, or whose processes have ended.
func (tr *tracer) finishJoined() {
	tr.joined = slices.DeleteFunc(tr.joined, func(g *group) bool {
		g.arming = slices.DeleteFunc(g.arming, func(t *tracee) bool { return t.armed || tr.tracees[t.tid] != t })
		if len(g.arming) == 0 && !isClosed(g.armed) {
			close(g.armed)
		}
		busy := slices.ContainsFunc(g.injections, func(i *armedInjection) bool { return i.changing+i.delaying > 0 })
		complete := !slices.ContainsFunc(g.injections, func(i *armedInjection) bool { return !i.complete() })
		alive := false
		for _, t := range tr.tracees {
			alive = alive || g.named[t.pid] || g.born[t.pid]
		}
		switch {
		case complete || g.leaving && !busy:
			g.log.finish(nil)
		case !alive:
			g.log.finish(&process.GoneError{Process: g.processes[0], Op: "inject"})
		default:
			return false
		}
		return true
	})
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// dismissJoined ends all groups, as nothing is traced any more.
func (tr *tracer) dismissJoined(lost error) {
	for _, g := range tr.joined {
		err := lost
		if err == nil && !g.leaving {
			err = &process.GoneError{Process: g.processes[0], Op: "inject"}
		}
		g.log.finish(err)
	}
	tr.joined = nil
}
