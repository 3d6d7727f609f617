// Package evidence turns what a finding was made from into the report's terms, and says
// where in the server's source its processes were blocked.
package evidence

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

const (
	shownProcesses = 30
	shownClients   = 5
	shownOutput    = 2 << 10
)

// Of returns the evidence of a finding; nil when the finding was made from no snapshot.
func Of(f match.Finding) *report.Evidence {
	if f.Snapshot == nil {
		return nil
	}
	snapshot := *f.Snapshot
	e := &report.Evidence{Output: lastOutput(snapshot.Output), Ended: snapshot.Ended, Port: int(snapshot.Given)}
	served := serviceOf(snapshot)
	list := shown(f)
	e.OtherProcesses = len(snapshot.Picture.Processes) - len(list)
	for _, p := range list {
		row := process(served, p, f.Wrong)
		if len(f.Processes) > 0 && !slices.Contains(f.Processes, p.ID) {
			row.Descriptors = nil
		}
		e.Processes = append(e.Processes, row)
	}
	for _, c := range wrongFirst(f.Clients) {
		if len(e.Clients) == shownClients {
			break
		}
		h := c.History()
		e.Clients = append(e.Clients, report.Client{
			Address: c.Where(), Name: c.Name, Sent: h.Sent, Received: h.Received, End: h.End.String(),
			Wrong: wrongByte(h.Wrong), Part: string(h.Part),
		})
	}
	return e
}

// shown are the processes of the tree, parents before their children: those
// that the finding is about, and as many others as there is room for.
func shown(f match.Finding) []observe.Process {
	others := shownProcesses - min(len(f.Processes), shownProcesses)
	concerned := shownProcesses
	var list []observe.Process
	for _, p := range f.Snapshot.Picture.Processes {
		room := &others
		if slices.Contains(f.Processes, p.ID) {
			room = &concerned
		}
		if *room > 0 {
			*room--
			list = append(list, p)
		}
	}
	return list
}

// wrongFirst returns clients in their order or, where none of those that are shown has a
// wrong reply, with those that have one before the others.
func wrongFirst(list []*match.Client) []*match.Client {
	wrong := func(c *match.Client) bool { return c.History().Wrong != nil }
	if slices.ContainsFunc(list[:min(len(list), shownClients)], wrong) || !slices.ContainsFunc(list, wrong) {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *match.Client) int {
		switch {
		case wrong(a) == wrong(b):
			return 0
		case wrong(a):
			return -1
		}
		return 1
	})
	return list
}

// wrongByte turns a mismatch of a reply into the report's terms; nil when it is none.
func wrongByte(err error) *report.Wrong {
	var m *protocol.Mismatch
	if !errors.As(err, &m) {
		return nil
	}
	w := &report.Wrong{Offset: m.Offset, Got: strconv.Quote(string(m.Got)), Surplus: m.Surplus, Moved: m.Moved, Because: m.Because}
	if len(m.Want) > 0 {
		w.Want = strconv.Quote(string(m.Want))
	}
	return w
}

// A service says which process of a snapshot serves which client. To find that out
// for a hundred clients takes long, and is done once.
type service struct {
	match.Snapshot
	children map[*match.Client]observe.ProcessID
	holders  map[*match.Client][]observe.Holding
	// peers has the names of the clients by the sockets of their connections.
	peers map[uint64]string
}

func serviceOf(snapshot match.Snapshot) service {
	s := service{snapshot, snapshot.Children(), map[*match.Client][]observe.Holding{}, map[uint64]string{}}
	for _, c := range snapshot.Clients {
		s.holders[c] = snapshot.Holders(c)
		if socket, found := snapshot.Connection(c); found && socket.Inode != 0 {
			s.peers[uint64(socket.Inode)] = c.Name
		}
	}
	return s
}

func process(served service, p observe.Process, wrong []match.Mark) report.Process {
	r := report.Process{
		PID: p.ID.PID, Start: p.ID.Start, Early: served.IsIdle(p.ID), PIDInside: observe.InnerPID(p.ID.PID),
		Parent: p.Parent, ParentInside: observe.InnerPID(p.Parent), State: p.State.String(),
		Role: served.role(p), SIGCHLD: observe.Disposition(p, syscall.SIGCHLD),
	}
	if !p.Alive() {
		r.SIGCHLD = ""
		return r
	}
	if len(p.Tasks) > 0 && p.State != observe.Running {
		r.Blocked = p.Tasks[0].Call.String()
		r.Call = call(p.Tasks[0].Call)
	}
	if len(p.Tasks) > 1 {
		r.Role = strings.TrimPrefix(r.Role+fmt.Sprintf(", %d threads", len(p.Tasks)), ", ")
	}
	for _, d := range p.Descriptors {
		row := report.Descriptor{
			FD: d.FD, What: d.String(), Kind: d.Kind.String(), Object: d.Inode, Client: served.peers[d.Inode],
			Wrong: slices.Contains(wrong, match.Mark{Process: p.ID, FD: d.FD}),
		}
		if d.Socket != nil {
			row.State = d.Socket.State.String()
		}
		r.Descriptors = append(r.Descriptors, row)
	}
	return r
}

// call returns the system call that a process is blocked in; nil outside of one.
func call(c observe.Call) *report.Call {
	if c.Name == "" {
		return nil
	}
	r := &report.Call{Name: c.Name}
	if fd, waits := c.FD(); waits {
		r.FD = &fd
	}
	return r
}

// role says what a process is to the server.
func (s service) role(p observe.Process) string {
	if !p.Alive() {
		return ""
	}
	var roles []string
	for _, h := range s.Picture.Listening() {
		if h.Process == p.ID {
			roles = append(roles, "listens")
			break
		}
	}
	for _, c := range s.Clients {
		holds := slices.ContainsFunc(s.holders[c], func(h observe.Holding) bool { return h.Process == p.ID })
		if !holds {
			continue
		}
		child, own := s.children[c]
		socket, _ := s.Connection(c)
		if !c.Left() && (own && child == p.ID || !own && socket.State == observe.Established) {
			roles = append(roles, "serves "+c.Name)
		} else {
			roles = append(roles, "holds "+c.Name+"'s connection")
		}
	}
	if len(roles) > 4 {
		roles = append(roles[:3], fmt.Sprintf("and %d more", len(roles)-3))
	}
	return strings.Join(roles, ", ")
}

// lastOutput is the end of what the server wrote, from the start of a line.
func lastOutput(output string) string {
	if len(output) <= shownOutput {
		return output
	}
	output = output[len(output)-shownOutput:]
	if i := strings.IndexByte(output, '\n'); i >= 0 {
		output = output[i+1:]
	}
	return output
}
