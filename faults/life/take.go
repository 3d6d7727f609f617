package life

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/report/life"
)

// take takes an event. The thread concerned is stopped meanwhile.
func (r *Recorder) take(e trace.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped || r.before && e.Moment != trace.Executed && e.Moment != trace.Entered && e.Moment != trace.Ended {
		return
	}
	switch e.Moment {
	case trace.Entered:
		r.enter(e)
	case trace.Returned, trace.Interrupted:
		r.leave(e)
	case trace.Forked:
		r.fork(e)
	case trace.Executed:
		r.execute(e)
	case trace.Signalled:
		if !r.begins {
			return
		}
		r.add(life.Step{Kind: life.Signal, PID: e.PID, TID: e.TID, Call: signal(int(e.Signal)), Text: signalText(e.Signal), Changes: r.tables.read(e.PID)}, e.At)
	case trace.Stopped:
		changes := append(r.tables.read(e.PID), life.Change{PID: e.PID, State: life.Stopped})
		r.add(life.Step{Kind: life.Stop, PID: e.PID, Text: "is stopped by " + signal(int(e.Signal)), Changes: changes}, e.At)
	case trace.Continued:
		r.add(life.Step{Kind: life.Continue, PID: e.PID, Text: "goes on (SIGCONT)", Changes: []life.Change{{PID: e.PID, State: life.Running}}}, e.At)
	case trace.Ended:
		r.end(e)
	case trace.Cut:
		r.cut = true
		r.add(life.Step{Kind: life.Note, Text: fmt.Sprintf("the recording is cut after %d events", Most)}, e.At)
	}
}

// execute notes that a process runs another program.
func (r *Recorder) execute(e trace.Event) {
	s := life.Step{Kind: life.Exec, PID: e.PID, TID: e.TID, Call: "execve", Text: "execve"}
	if m := r.threads[e.TID]; m != nil && m.name == "execve" {
		s.Text = m.String()
	}
	delete(r.threads, e.TID)
	delete(r.serving, e.PID)
	if r.before {
		r.before = false
		s.Changes = []life.Change{{PID: e.PID, State: life.Running}}
	}
	s.Changes = append(s.Changes, r.tables.read(e.PID)...)
	r.add(s, e.At)
}

// serve notes that a process has made all calls by which its program starts.
func (r *Recorder) serve(pid int) {
	if r.serving[pid] {
		return
	}
	r.serving[pid] = true
	if n := r.early[pid]; n > 0 {
		r.hidden += n
		delete(r.early, pid)
		r.add(life.Step{Kind: life.Note, PID: pid, Text: fmt.Sprintf("… %d calls by which the program starts", n), Changes: r.tables.read(pid)}, time.Now())
	}
}

// enter notes a call that is being made. Of those that never return it is a step.
func (r *Recorder) enter(e trace.Event) {
	before := r.threads[e.TID]
	delete(r.threads, e.TID)
	if e.Number == unix.SYS_RESTART_SYSCALL && before != nil { // it goes on waiting
		r.threads[e.TID], r.entered[e.TID] = before, e.At
		return
	}
	s, told := calls[e.Number]
	if !told {
		return
	}
	m := &made{spec: s, call: proc.SyscallName(int64(e.Number)), pid: e.PID, args: e.Args, outer: r.outer}
	if strings.HasPrefix(m.call, "syscall ") {
		m.call = m.name
	}
	if m.name == "fork" && r.isThread(m) {
		return
	}
	r.threads[e.TID], r.entered[e.TID] = m, e.At
	if m.name == "socket" && (m.args[0] == unix.AF_INET || m.args[0] == unix.AF_INET6) {
		r.begins = true
		r.serve(e.PID)
	}
	if r.tells(m) {
		r.places[e.TID] = r.where.look(e.PID, e.TID)
	}
	switch m.name {
	case "execve", "open", "creat":
		_ = m.String() // reads the path
	case "exit":
		if !r.tells(m) {
			return
		}
		r.add(r.step(m, e.TID), e.At)
		m.returned = true
	}
}

// tells says whether a call is told: not before the first socket of all, and not by which
// a program starts.
func (r *Recorder) tells(m *made) bool { return r.serving[m.pid] || r.begins && !m.startup }

// isThread says whether a clone makes a thread.
func (r *Recorder) isThread(m *made) bool {
	flags := m.args[0]
	if m.call == "clone3" {
		flags, _ = m.word(m.args[0])
	}
	return (m.call == "clone" || m.call == "clone3") && flags&unix.CLONE_THREAD != 0
}

// leave makes a step of a call that has returned.
func (r *Recorder) leave(e trace.Event) {
	m := r.threads[e.TID]
	if m == nil {
		return
	}
	if e.Moment != trace.Interrupted {
		delete(r.threads, e.TID)
	} else {
		if !r.tells(m) {
			return
		}
		s := r.step(m, e.TID)
		s.Text += " is interrupted"
		s.BeganUS = r.entered[e.TID].Sub(r.begun).Microseconds()
		r.add(s, e.At)
		return
	}
	m.result, m.returned = e.Result, true
	switch forks := m.name == "fork" || m.name == "vfork"; {
	case forks && m.result >= 0:
		return // the fork was told when the child was made
	case !r.tells(m) && (m.name != "waitpid" || m.result <= 0):
		r.early[e.PID]++
		return
	}
	changes := r.effect(m)
	s := r.step(m, e.TID)
	s.Result, s.Changes = &m.result, changes
	if e.Injected {
		s.Text += " (injected)"
	}
	if m.result < 0 {
		s.Errno = unix.ErrnoName(unix.Errno(-m.result))
	}
	s.BeganUS = r.entered[e.TID].Sub(r.begun).Microseconds()
	r.add(s, e.At)
}

// step returns the step of a call.
func (r *Recorder) step(m *made, tid int) life.Step {
	s := life.Step{Kind: life.Call, PID: m.pid, TID: tid, Call: m.call, Text: m.String() + m.outcome()}
	if m.onFD {
		fd := int(int32(m.args[0]))
		s.FD = &fd
	}
	if mark := r.places[tid]; mark != 0 {
		r.where.at[len(r.life.Steps)] = mark
	}
	delete(r.places, tid)
	return s
}

// effect returns what a call has changed in the table of its process, and of children
// that it has waited for.
func (r *Recorder) effect(m *made) []life.Change {
	t, pid, first := r.tables, m.pid, int(int32(m.args[0]))
	switch {
	case m.name == "close" && m.result != -int64(unix.EBADF):
		return t.drop(pid, first) // Linux closes it also when it reports another error
	case m.result < 0 && (m.name != "connect" || m.result != -int64(unix.EINPROGRESS)):
		return nil
	case m.name == "waitpid" && m.result > 0:
		return r.reaped(r.outer(int(m.result)), m)
	case m.name == "waitid":
		return r.reapedAll(pid)
	}
	switch m.effect {
	case opens:
		changes := t.set(pid, int(m.result))
		if m.name == "socket" {
			changes = t.rename(pid, int(m.result), socketObject(m.args[0], m.args[1]))
		}
		return changes
	case replace:
		return t.set(pid, int(int32(m.args[1])))
	case pair:
		both, ok := m.word(m.args[m.at])
		if !ok {
			return t.read(pid)
		}
		return append(t.set(pid, int(int32(both))), t.set(pid, int(int32(both>>32)))...)
	case renames:
		return r.renamed(m, first)
	case reads:
		return t.read(pid)
	}
	return nil
}

// renamed describes a socket anew after bind, listen, connect or shutdown.
func (r *Recorder) renamed(m *made, fd int) []life.Change {
	now := r.tables.of[m.pid][fd]
	switch m.name {
	case "bind":
		if a, ok := m.address(); ok {
			kind, _, _ := strings.Cut(now.What, ",")
			return r.tables.rename(m.pid, fd, object{kind: now.Kind, what: fmt.Sprintf("%s, bound to %v", kind, a)})
		}
	case "listen", "connect":
		if o := r.tables.lookUp(now.Object); o.what != "socket" {
			return r.tables.rename(m.pid, fd, o)
		}
	}
	return nil
}

// fork copies the parent's table for a child that the parent has made. What the kernel shows may differ, as when
// another thread has opened something.
func (r *Recorder) fork(e trace.Event) {
	r.addProcess(e.Child, e.PID)
	if !r.serving[e.PID] {
		r.tables.read(e.PID)
	}
	r.serving[e.Child] = r.serving[e.PID]
	changes := append([]life.Change{{PID: e.Child, State: life.Running}}, r.tables.fork(e.PID, e.Child)...)
	for _, c := range r.tables.read(e.Child) { // another thread may have opened something
		if !slices.Contains(changes, c) {
			changes = append(changes, c)
		}
	}
	s := life.Step{Kind: life.Fork, PID: e.PID, TID: e.TID, Child: e.Child, Call: "fork"}
	if m := r.threads[e.TID]; m != nil && !m.returned && (m.name == "fork" || m.name == "vfork") {
		s = r.step(m, e.TID)
		s.Kind, s.Child = life.Fork, e.Child
		s.BeganUS = r.entered[e.TID].Sub(r.begun).Microseconds()
	}
	s.Changes = changes
	s.Text = fmt.Sprintf("fork() = %d", e.Child)
	if p := r.life.Processes[len(r.life.Processes)-1]; p.Inside != 0 {
		s.Text += fmt.Sprintf(" (its pid %d)", p.Inside)
	}
	r.add(s, e.At)
}

// end notes that a process has ended. Whether it stays as a zombie is the parent's doing.
func (r *Recorder) end(e trace.Event) {
	text := fmt.Sprintf("has ended: exit status %d", e.Status)
	if e.Signal != 0 {
		text = "was killed by " + signal(int(e.Signal))
	}
	for tid, m := range r.threads {
		if m.pid == e.PID {
			delete(r.threads, tid)
		}
	}
	r.tables.end(e.PID)
	r.add(life.Step{Kind: life.End, PID: e.PID, Text: text, Changes: []life.Change{{PID: e.PID, State: life.Zombie}}}, e.At)
}
