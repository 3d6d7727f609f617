// Package life holds what a server did from its start on, one step after the other, with
// the descriptor tables after each, and writes it for people and for programs.
package life

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// Schema is the name of the format of a Life. schema.json describes it.
const Schema = "forkproof/trace/v1"

// A Life is what the processes of a server did.
type Life struct {
	Schema  string      `json:"schema"`
	Tool    report.Tool `json:"tool"`
	Command []string    `json:"command"`
	// Address is where the server listens; empty when it does not.
	Address string `json:"address,omitempty"`
	// Scenario says what the clients do.
	Scenario  string    `json:"scenario"`
	Clients   []Client  `json:"clients,omitempty"`
	Processes []Process `json:"processes"`
	Steps     []Step    `json:"steps"`
	// Left says in one sentence what is left at the end.
	Left string `json:"left"`
	// Verdict is that of the requirement that was provoked, and Found its words.
	Verdict report.Verdict `json:"verdict,omitempty"`
	Found   string         `json:"found,omitempty"`
	// Notes say what is not shown, and why.
	Notes []string `json:"notes,omitempty"`
}

// A Client is one client, and its end of the connection.
type Client struct {
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
}

// A Process is one process of the server.
type Process struct {
	// PID and Parent are process ids in forkproof's pid namespace, Inside and
	// ParentInside in the server's own; they are 0 where they are the same.
	PID          int `json:"pid"`
	Parent       int `json:"parent"`
	Inside       int `json:"pid_inside,omitempty"`
	ParentInside int `json:"parent_inside,omitempty"`
	// Role is "parent", "child" or "server".
	Role string `json:"role"`
}

// A Kind is what a step is.
type Kind string

// The kinds of steps.
const (
	Call     Kind = "call"     // a system call has returned, or is made and never returns
	Fork     Kind = "fork"     // a process has made another one
	Exec     Kind = "exec"     // a process runs another program
	Signal   Kind = "signal"   // a signal is delivered
	Stop     Kind = "stop"     // a signal has stopped a process
	Continue Kind = "continue" // a stopped process goes on
	End      Kind = "end"      // a process has ended
	Came     Kind = "client"   // a client does something
	Note     Kind = "note"     // a step of the requirement that is provoked
)

// A Step is one thing that happened.
type Step struct {
	// AtUS is when, in microseconds since the first step; of a call, when it returned.
	// BeganUS is when the call was made.
	AtUS    int64 `json:"at_us"`
	BeganUS int64 `json:"began_us,omitempty"`
	Kind    Kind  `json:"kind"`
	// PID and TID are the process and the thread concerned; 0 for clients and notes.
	PID int `json:"pid,omitempty"`
	TID int `json:"tid,omitempty"`
	// Call is the name of the system call, as the kernel has it: "clone".
	Call string `json:"call,omitempty"`
	// FD is the descriptor that the call is made on; nil when it takes none.
	FD *int `json:"fd,omitempty"`
	// Text is the step in words: "close(4) = 0".
	Text string `json:"text"`
	// Result is what the call returned; nil when it has not.
	Result *int64 `json:"result,omitempty"`
	Errno  string `json:"errno,omitempty"`
	// Child is the process that was forked.
	Child int `json:"child,omitempty"`
	// Client names the client at the other end of FD, or the one that does something.
	Client string `json:"client,omitempty"`
	// Place is where in the server's source the call is made.
	Place *report.Place `json:"place,omitempty"`
	// Changes are what is not as before the step.
	Changes []Change `json:"changes,omitempty"`
}

// A Change is one line of a process's descriptor table that is new or gone, or a new
// state of the process.
type Change struct {
	PID int `json:"pid"`
	// State, when it is set, is the new state of the process: running, stopped, zombie,
	// gone. The fields below are empty then.
	State string `json:"state,omitempty"`
	// FD is the descriptor; Closed says that it is gone.
	FD     int    `json:"fd"`
	Closed bool   `json:"closed,omitempty"`
	What   string `json:"what,omitempty"`
	Kind   string `json:"kind,omitempty"`
	// Object is the number of the socket or pipe, the same in every process that holds it.
	Object uint64 `json:"object,omitempty"`
	// Peer is the other end of a connection, and Client the client there.
	Peer   string `json:"peer,omitempty"`
	Client string `json:"client,omitempty"`
}

// The states of a process.
const (
	Running = "running"
	Stopped = "stopped"
	Zombie  = "zombie"
	Gone    = "gone"
)

// Title returns the command, with the name of the program alone.
func (l *Life) Title() string {
	if len(l.Command) == 0 {
		return "the server"
	}
	return report.Line(strings.Join(append([]string{path.Base(l.Command[0])}, l.Command[1:]...), " "))
}

// Process returns the process with an id.
func (l *Life) Process(pid int) (Process, bool) {
	i := slices.IndexFunc(l.Processes, func(p Process) bool { return p.PID == pid })
	if i < 0 {
		return Process{}, false
	}
	return l.Processes[i], true
}

// Name returns what a process is called: "parent 812".
func (l *Life) Name(pid int) string {
	p, known := l.Process(pid)
	if !known {
		return fmt.Sprintf("process %d", pid)
	}
	return fmt.Sprintf("%s %d", p.Role, pid)
}

// Complete adds what is known at the end only: the roles of the processes and the names
// of the clients.
func (l *Life) Complete() {
	l.Schema = Schema
	if l.Steps == nil {
		l.Steps = []Step{}
	}
	if l.Processes == nil {
		l.Processes = []Process{}
	}
	for i := range l.Processes {
		p := &l.Processes[i]
		_, forked := l.Process(p.Parent)
		switch {
		case forked:
			p.Role = "child"
		case slices.ContainsFunc(l.Processes, func(c Process) bool { return c.Parent == p.PID }):
			p.Role = "parent"
		default:
			p.Role = "server"
		}
	}
	names := map[string]string{}
	for _, c := range l.Clients {
		names[c.Address] = c.Name
	}
	tables := map[int]map[int]string{} // the clients by process and descriptor
	for i := range l.Steps {
		s := &l.Steps[i]
		before := clientOn(tables, *s)
		for j := range s.Changes {
			c := &s.Changes[j]
			if tables[c.PID] == nil {
				tables[c.PID] = map[int]string{}
			}
			if c.Peer != "" && c.Client == "" {
				c.Client = names[c.Peer]
			}
			switch {
			case c.State != "":
			case c.Closed:
				delete(tables[c.PID], c.FD)
			default:
				tables[c.PID][c.FD] = c.Client
			}
		}
		if s.Kind == Call && s.Client == "" {
			s.Client = before
			if s.Client == "" && strings.HasPrefix(s.Call, "accept") && len(s.Changes) > 0 {
				s.Client = s.Changes[0].Client
			}
		}
	}
}

func clientOn(tables map[int]map[int]string, s Step) string {
	if s.FD == nil {
		return ""
	}
	return tables[s.PID][*s.FD]
}
