package life

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/life"
)

// tables are the descriptor tables of the processes as their calls have made them. The
// kernel is asked what a new descriptor refers to, and compared with the whole of a table
// where that is likely to differ.
type tables struct {
	of map[int]map[int]life.Change // by process and descriptor
	// objects say what sockets and pipes are, by their text in /proc/PID/fd.
	objects map[string]object
	sockets func() ([]observe.Socket, error)
}

// An object is what a socket is: its kind as observe has it, and its words.
type object struct{ kind, what, peer string }

func newTables(sockets func() ([]observe.Socket, error)) *tables {
	return &tables{of: map[int]map[int]life.Change{}, objects: map[string]object{}, sockets: sockets}
}

// set enters a descriptor of a process as the kernel shows it, and returns what changed.
func (t *tables) set(pid, fd int) []life.Change {
	target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd))
	if err != nil {
		return t.drop(pid, fd)
	}
	return t.enter(pid, fd, target)
}

func (t *tables) enter(pid, fd int, target string) []life.Change {
	c := t.describe(target)
	c.PID, c.FD = pid, fd
	if t.of[pid] == nil {
		t.of[pid] = map[int]life.Change{}
	}
	if t.of[pid][fd] == c {
		return nil
	}
	t.of[pid][fd] = c
	return []life.Change{c}
}

// drop removes a descriptor.
func (t *tables) drop(pid, fd int) []life.Change {
	c, open := t.of[pid][fd]
	if !open {
		return nil
	}
	delete(t.of[pid], fd)
	c.Closed = true
	return []life.Change{c}
}

// read compares the whole table of a process with the kernel's, and returns what differs.
func (t *tables) read(pid int) (changes []life.Change) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil
	}
	open := map[int]bool{}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil {
			open[fd] = true
			changes = append(changes, t.set(pid, fd)...)
		}
	}
	for fd := range t.of[pid] {
		if !open[fd] {
			changes = append(changes, t.drop(pid, fd)...)
		}
	}
	slices.SortFunc(changes, func(a, b life.Change) int { return cmp.Compare(a.FD, b.FD) })
	return changes
}

// fork copies the parent's table for a child, and returns the copy.
func (t *tables) fork(parent, child int) []life.Change {
	t.of[child] = map[int]life.Change{}
	var changes []life.Change
	for _, fd := range slices.Sorted(maps.Keys(t.of[parent])) {
		c := t.of[parent][fd]
		c.PID = child
		t.of[child][fd] = c
		changes = append(changes, c)
	}
	return changes
}

// end forgets the table of a process.
func (t *tables) end(pid int) { delete(t.of, pid) }

// rename has a socket described anew, in every process that holds it.
func (t *tables) rename(pid, fd int, now object) (changes []life.Change) {
	target := "socket:[" + strconv.FormatUint(t.of[pid][fd].Object, 10) + "]"
	t.objects[target] = now
	for _, p := range slices.Sorted(maps.Keys(t.of)) {
		for _, n := range slices.Sorted(maps.Keys(t.of[p])) {
			if c := t.of[p][n]; c.Object != 0 && c.Object == t.of[pid][fd].Object && !strings.HasPrefix(c.What, "pipe") {
				changes = append(changes, t.enter(p, n, target)...)
			}
		}
	}
	return changes
}

// describe says what a descriptor refers to.
func (t *tables) describe(target string) life.Change {
	kind, rest, _ := strings.Cut(target, ":[")
	number, err := strconv.ParseUint(strings.TrimSuffix(rest, "]"), 10, 64)
	switch {
	case err == nil && kind == "socket":
		o, known := t.objects[target]
		if !known {
			o = t.lookUp(number)
			t.objects[target] = o
		}
		return life.Change{What: o.what, Kind: o.kind, Peer: o.peer, Object: number}
	case err == nil && kind == "pipe":
		return life.Change{What: "pipe", Kind: observe.Pipe.String(), Object: number}
	case strings.HasPrefix(target, "anon_inode:"):
		name := strings.Trim(strings.TrimPrefix(target, "anon_inode:"), "[]")
		if name == "eventpoll" {
			name = observe.Epoll.String()
		}
		return life.Change{What: report.Line(name), Kind: name}
	}
	return life.Change{What: report.Line(target), Kind: observe.File.String()}
}

// lookUp asks the kernel's table what a TCP socket is.
func (t *tables) lookUp(inode uint64) object {
	list, err := t.sockets()
	if err != nil {
		return object{kind: observe.OtherSocket.String(), what: "socket"}
	}
	for _, s := range list {
		if uint64(s.Inode) != inode {
			continue
		}
		if s.State == observe.Listen {
			return listening(s.Local)
		}
		return connection(s.Peer)
	}
	return object{kind: observe.OtherSocket.String(), what: "socket"}
}

func listening(at netip.AddrPort) object {
	return object{kind: observe.ListeningSocket.String(), what: fmt.Sprintf("listening socket %v", at)}
}

func connection(from netip.AddrPort) object {
	return object{kind: observe.ConnectedSocket.String(), what: fmt.Sprintf("connection from %v", from), peer: from.String()}
}
