// Package picture draws what the kernel showed at one moment as textbooks do: a box
// for each process with its descriptor table, and each socket once, joined to every
// descriptor that refers to it.
package picture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// mostProcesses is how many processes are drawn. Of more, those that matter are.
const mostProcesses = 30

// A Scene is what is drawn of the evidence.
type Scene struct {
	Processes []Process
	Sockets   []Socket
	Clients   []Client
	// More counts the processes that are not drawn.
	More int
}

// A Process is the box of one process.
type Process struct {
	PID, Parent int
	// Lines say what it is: "PROCESS 812", "PPID 800", "sleeping in accept(3)".
	Lines []string
	Rows  []Row
	// Dead says that it is a zombie.
	Dead bool
	// Mark lights up the whole box.
	Mark Mark
	// Aside says that it is drawn in a frame with its siblings: it is a zombie, or
	// has no children and no descriptors that are shown.
	Aside bool
}

// A Row is a line of a descriptor table: one descriptor, or several of one kind.
type Row struct {
	FD    string // "FD 4", "FD 5–204"
	What  string
	Wrong bool
	Mark  Mark
	// Sockets are the places in Scene.Sockets of what it refers to.
	Sockets []int

	all []report.Descriptor
}

// A Socket is a listening socket, a connection, or several connections that the
// same rows refer to.
type Socket struct {
	Lines     []string
	Listening bool
	Wrong     bool
	// Client is the name of the client at the other end; empty when there is none.
	Client string

	address string
}

// A Client is the box of one client.
type Client struct {
	Lines []string
	// Wrong says that its reply is not what was owed.
	Wrong bool
	// Socket is the place in Scene.Sockets of its connection; -1 when no process
	// that is drawn holds it.
	Socket int

	name, address string
}

// A Mark says what is not as in the picture before, as the class of the style sheet.
type Mark string

// The marks of rows and of processes.
const (
	Unmarked Mark = ""
	New      Mark = "new"
	Closed   Mark = "closed"
	Acts     Mark = "acts" // the process that has done something
)

// Mark marks what has changed, as of says: for each process with -1, and for each
// descriptor.
func (s *Scene) Mark(of func(pid, fd int) Mark) {
	for i := range s.Processes {
		p := &s.Processes[i]
		p.Mark = of(p.PID, -1)
		for j := range p.Rows {
			for _, d := range p.Rows[j].all {
				if m := of(p.PID, d.FD); m != Unmarked {
					p.Rows[j].Mark = m
				}
			}
		}
	}
}

// From returns the scene of some evidence; it has no processes when there are none.
func From(e *report.Evidence) Scene {
	if e == nil {
		return Scene{}
	}
	var s Scene
	list := those(e.Processes)
	s.More = e.OtherProcesses + len(e.Processes) - len(list)
	for _, p := range list {
		s.Processes = append(s.Processes, process(p))
	}
	s.setAside()
	s.join()
	s.addClients(e.Clients)
	return s
}

// setAside finds the processes that are drawn in frames.
func (s *Scene) setAside() {
	for i := range s.Processes {
		p := &s.Processes[i]
		parent := slices.ContainsFunc(s.Processes, func(c Process) bool { return c.Parent == p.PID })
		child := slices.ContainsFunc(s.Processes, func(c Process) bool { return c.PID == p.Parent && !c.Dead })
		p.Aside = p.Dead || len(p.Rows) == 0 && !parent && child
	}
}

// those returns the processes to draw, in their order: first those that hold what is
// wrong and those that have children, then zombies, then others.
func those(all []report.Process) []report.Process {
	if len(all) <= mostProcesses {
		return all
	}
	weight := func(p report.Process) int {
		switch {
		case slices.ContainsFunc(p.Descriptors, func(d report.Descriptor) bool { return d.Wrong }),
			slices.ContainsFunc(all, func(c report.Process) bool { return c.Parent == p.PID }):
			return 0
		case p.State == zombie:
			return 1
		}
		return 2
	}
	order := make([]int, len(all))
	for i := range all {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weight(all[a]), weight(all[b])) })
	order = order[:mostProcesses]
	slices.Sort(order)
	list := make([]report.Process, len(order))
	for i, at := range order {
		list[i] = all[at]
	}
	return list
}

// zombie is the state of a process that has ended and that its parent has not
// waited for.
const zombie = "zombie"

func process(p report.Process) Process {
	q := Process{PID: p.PID, Parent: p.Parent, Dead: p.State == zombie}
	q.Lines = []string{"PROCESS " + both(p.PID, p.PIDInside), "PPID " + both(p.Parent, p.ParentInside)}
	if q.Dead {
		q.Lines[0] = "✝ ZOMBIE " + both(p.PID, p.PIDInside)
		return q
	}
	state := p.State
	if p.Blocked != "" {
		state += " in " + p.Blocked
	}
	q.Lines = append(q.Lines, state)
	if len(p.Frames) > 0 {
		q.Lines = append(q.Lines, "in "+p.Frames[0].String())
	}
	q.Lines = append(q.Lines, roles(p.Role)...)
	if p.SIGCHLD != "" && p.SIGCHLD != "default" {
		q.Lines = append(q.Lines, "SIGCHLD "+p.SIGCHLD)
	}
	q.Rows = fold(p.Descriptors)
	return q
}

// mostRoles is how many lines a role may take.
const mostRoles = 3

// roles returns a role as lines, divided where it has commas.
func roles(role string) []string {
	var lines []string
	for part := range strings.SplitSeq(role, ", ") {
		last := len(lines) - 1
		switch {
		case part == "":
		case last >= 0 && (last == mostRoles-1 || columns(lines[last]+", "+part) <= longestLine):
			lines[last] += ", " + part
		default:
			lines = append(lines, part)
		}
	}
	return lines
}

// both returns a process id, and the one inside the server's pid namespace if it is
// another one.
func both(pid, inside int) string {
	if inside == 0 || inside == pid {
		return fmt.Sprint(pid)
	}
	return fmt.Sprintf("%d (its pid %d)", pid, inside)
}

// isWrong reports whether any of the descriptors is marked.
func isWrong(list []report.Descriptor) bool {
	return slices.ContainsFunc(list, func(d report.Descriptor) bool { return d.Wrong })
}

// kind returns the kind of a descriptor. Results of older versions have none, and
// say it in the text.
func kind(d report.Descriptor) string {
	switch {
	case d.Kind != "":
		return d.Kind
	case strings.HasPrefix(d.What, listening):
		return listening
	case strings.HasPrefix(d.What, "connection from "):
		return connected
	}
	return ""
}

const (
	listening = "listening socket"
	connected = "connected socket"
)

// Height returns how many rows a table needs for the process.
func (p Process) Height() int { return max(len(p.Rows), 1) }

// Client returns the client at the other end of a row's connection; empty for
// several, and for none.
func (r Row) Client() string {
	if len(r.all) != 1 {
		return ""
	}
	return r.all[0].Client
}
