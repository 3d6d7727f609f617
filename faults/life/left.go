package life

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report/life"
)

// reaped returns the end of a child that was waited for.
func (r *Recorder) reaped(pid int, m *made) []life.Change {
	if data := m.memory(m.args[1], 4); len(data) == 4 {
		if s := unix.WaitStatus(uint32(data[0]) | uint32(data[1])<<8 | uint32(data[2])<<16 | uint32(data[3])<<24); s.Stopped() || s.Continued() {
			return nil
		}
	}
	return []life.Change{{PID: pid, State: life.Gone}}
}

// reapedAll returns the end of those children of a process that are zombies here and that
// the kernel has no more.
func (r *Recorder) reapedAll(parent int) (changes []life.Change) {
	for _, p := range r.life.Processes {
		if p.Parent == parent && r.isZombie(p.PID) && !exists(p.PID) {
			changes = append(changes, life.Change{PID: p.PID, State: life.Gone})
		}
	}
	return changes
}

func (r *Recorder) isZombie(pid int) bool {
	for _, s := range slices.Backward(r.life.Steps) {
		for _, c := range slices.Backward(s.Changes) {
			if c.PID == pid && c.State != "" {
				return c.State == life.Zombie
			}
		}
	}
	return false
}

func exists(pid int) bool {
	state, err := observe.ReadState(pid)
	return err == nil && state != proc.Dead
}

// socketObject says what socket(2) has made.
func socketObject(family, kind uint64) object {
	const flags = unix.SOCK_CLOEXEC | unix.SOCK_NONBLOCK
	switch ip := family == unix.AF_INET || family == unix.AF_INET6; {
	case ip && kind&^flags == unix.SOCK_STREAM:
		return object{kind: observe.TCPSocket.String(), what: "TCP socket"}
	case ip && kind&^flags == unix.SOCK_DGRAM:
		return object{kind: observe.OtherSocket.String(), what: "UDP socket"}
	}
	return object{kind: observe.OtherSocket.String(), what: "socket"}
}

// left says in one sentence what is left at the end. The kernel is asked which zombies
// there are: one whose parent ignores SIGCHLD, or has ended, is not left.
func (r *Recorder) left() string {
	var gone []life.Change
	var zombies, living []string
	connections := 0
	for _, p := range r.life.Processes {
		switch {
		case r.isZombie(p.PID) && !exists(p.PID):
			gone = append(gone, life.Change{PID: p.PID, State: life.Gone})
		case r.isZombie(p.PID):
			zombies = append(zombies, fmt.Sprint(p.PID))
		case r.tables.of[p.PID] != nil:
			living = append(living, fmt.Sprint(p.PID))
		}
	}
	if len(gone) > 0 {
		r.life.Steps = append(r.life.Steps, life.Step{
			Kind: life.Note, AtUS: r.last(), BeganUS: r.last(), Text: "it is reaped outside of the server, which need not wait for it", Changes: gone,
		})
	}
	var held []string
	for _, p := range r.life.Processes {
		for _, fd := range sortedKeys(r.tables.of[p.PID]) {
			if c := r.tables.of[p.PID][fd]; c.Kind == observe.ConnectedSocket.String() {
				connections++
				held = append(held, fmt.Sprintf("FD %d of %d", fd, p.PID))
			}
		}
	}
	if len(living) == 0 {
		return "No process of the server is left."
	}
	text := count(len(living), "process lives", "processes live")
	if connections == 0 {
		text += ", no connection is open"
	} else {
		text += ", " + count(connections, "descriptor of a connection is", "descriptors of connections are") + " open (" + listed(held) + ")"
	}
	if len(zombies) == 0 {
		return "At the end " + text + ", and there is no zombie."
	}
	return "At the end " + text + ", and " + count(len(zombies), "zombie is", "zombies are") + " left: " + listed(zombies) + "."
}

func (r *Recorder) last() int64 {
	if n := len(r.life.Steps); n > 0 {
		return r.life.Steps[n-1].AtUS
	}
	return 0
}

// listed lists at most eight things.
func listed(list []string) string {
	const most = 8
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
