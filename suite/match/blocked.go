package match

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/observe"
)

// blocked says what each of the given processes does; without any, what
// the processes that listen do.
func blocked(s Snapshot, ids []observe.ProcessID) string {
	var clauses []string
	add := func(p observe.Process) {
		if clause := blockedCall(s, p); clause != "" {
			clauses = append(clauses, clause)
		}
	}
	if len(ids) == 0 {
		for _, p := range s.Listeners() {
			add(p)
		}
	}
	for _, id := range ids[:min(len(ids), 5)] {
		if p, found := s.Picture.Find(id); found {
			add(p)
		}
	}
	return strings.Join(clauses, "; ")
}

// blockedCall says in which system call a process is blocked and what that
// means for a server; empty for a zombie.
func blockedCall(s Snapshot, p observe.Process) string {
	if !p.Alive() || len(p.Tasks) == 0 {
		return ""
	}
	name := Role(s, p)
	task := p.Tasks[0]
	switch {
	case p.State == observe.Stopped:
		return name + " is stopped"
	case task.State == observe.Running || task.Call.Running:
		return name + " is running"
	}
	return fmt.Sprintf("%s is blocked in %v%s", name, task.Call, meaning(s, p, task.Call))
}

// meaning says what being blocked in a call does to the clients of a process
// that listens.
func meaning(s Snapshot, p observe.Process, call observe.Call) string {
	if !listens(s, p.ID) {
		return ""
	}
	switch call.Name {
	case "wait4", "waitid":
		return ": it waits for a child to end, and accepts no client until one does"
	case "read", "recvfrom", "recvmsg", "readv":
		if onConnection(p, call) {
			return ": it serves a client itself, one at a time"
		}
	case "write", "sendto", "sendmsg", "writev":
		if onConnection(p, call) {
			return ": it writes to a client that does not read, and everybody else waits"
		}
	case "flock", "fcntl", "futex":
		return ": it waits for a lock"
	}
	return ""
}

func onConnection(p observe.Process, call observe.Call) bool {
	fd, ok := call.FD()
	if !ok {
		return false
	}
	for _, d := range p.Descriptors {
		if d.FD == fd {
			return d.Kind == observe.ConnectedSocket
		}
	}
	return false
}

func listens(s Snapshot, id observe.ProcessID) bool {
	for _, h := range s.Picture.Listening() {
		if h.Process == id {
			return true
		}
	}
	return false
}

// Role names a process by what it is to the server: "parent 812", "child 813".
func Role(s Snapshot, p observe.Process) string {
	switch {
	case s.IsIdle(p.ID) && listens(s, p.ID) && hasChildren(s, p):
		return fmt.Sprintf("parent %d", p.ID.PID)
	case s.IsIdle(p.ID):
		return fmt.Sprintf("process %d", p.ID.PID)
	default:
		return fmt.Sprintf("child %d", p.ID.PID)
	}
}

func hasChildren(s Snapshot, p observe.Process) bool {
	for _, q := range s.Picture.Processes {
		if q.Parent == p.ID.PID {
			return true
		}
	}
	return false
}
