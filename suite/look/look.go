// Package look says what is wrong with a server that runs already. It reads /proc and
// the socket tables, and does nothing else: it starts, stops and traces no process, and
// connects no client.
package look

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

// restLimit is how long a look waits until the processes sleep. What it finds of a
// server that does not is what two looks show alike.
const restLimit = time.Second

// A Looker looks at one process and its descendants.
type Looker struct {
	id       observe.ProcessID
	observer *observe.Observer
	table    *observe.NetlinkSockets // nil when the sockets are read from /proc
}

// A Seen is what one look has found.
type Seen struct {
	Picture observe.Picture
	// Asleep says that no process ran while it was looked at.
	Asleep bool
	// Wrong is what is wrong, in the order in which to mend it.
	Wrong []Wrong
}

// At returns what looks at a process and all that descends from it. The error says in
// one sentence that there is no such process, or that /proc hides it.
func At(pid int) (*Looker, error) {
	l := &Looker{}
	table, err := l.sockets(pid)
	if err != nil {
		return nil, err
	}
	l.observer = observe.New(pid, table)
	l.observer.WithRoot = true
	first, err := l.observer.Look(0)
	root, found := first.ByPID(pid)
	switch {
	case err != nil:
		return nil, errors.Join(err, l.Close())
	case !found:
		_ = l.Close()
		return nil, fmt.Errorf("there is no process %d: ps lists those that there are", pid)
	}
	l.id = root.ID
	return l, nil
}

// sockets returns the socket table of the network namespace of a process.
func (l *Looker) sockets(pid int) (observe.SocketTable, error) {
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return nil, fmt.Errorf("/proc cannot be used: %w", err)
	}
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no process %d: ps lists those that there are", pid)
	case err == nil && theirs != own:
		return observe.NewProcSockets(pid), nil
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return observe.NewProcSockets(unix.Getpid()), nil
	}
	table := observe.NewNetlinkSockets(fd)
	if _, err := table.TCP(); err != nil { // this kernel has no inet_diag
		return observe.NewProcSockets(unix.Getpid()), table.Close()
	}
	l.table = table
	return table, nil
}

// Close closes what the Looker has open.
func (l *Looker) Close() error {
	if l.observer != nil {
		l.observer.Close()
	}
	if l.table == nil {
		return nil
	}
	return l.table.Close()
}

// ErrEnded is the error of Look when the process has ended and was waited for.
var ErrEnded = errors.New("the process has ended")

// Look looks until the processes sleep, or for a second. Only what the last two looks
// show alike counts as wrong: between accept and close each connection is open in two
// processes for a moment.
func (l *Looker) Look(ctx context.Context) (Seen, error) {
	before, err := l.look()
	if err != nil {
		return Seen{}, err
	}
	limited, cancel := context.WithTimeout(ctx, restLimit)
	defer cancel()
	var seen Seen
	err = poll.Backoff{First: 20 * time.Millisecond, Last: 100 * time.Millisecond}.Until(limited, func() (bool, error) {
		now, err := l.look()
		if err != nil {
			return false, err
		}
		seen = Seen{Picture: now, Asleep: rest.Compare(before, now).Settled, Wrong: both(judge(before), judge(now))}
		before = now
		return seen.Asleep, nil
	})
	if err != nil && limited.Err() != nil && len(seen.Picture.Processes) > 0 {
		err = ctx.Err()
	}
	return seen, err
}

// Tree returns the process and all that descend from it, with their descriptors.
func (l *Looker) Tree() ([]observe.Process, error) {
	now, err := l.look()
	return now.Processes, err
}

// Sockets lists the TCP sockets of the network that the process is in.
func (l *Looker) Sockets() ([]observe.Socket, error) {
	now, err := l.observer.Look(observe.Sockets)
	return now.Sockets, err
}

func (l *Looker) look() (observe.Picture, error) {
	now, err := l.observer.Look(observe.Everything)
	if err != nil {
		return now, err
	}
	if _, found := now.Find(l.id); !found {
		return now, ErrEnded
	}
	return now, nil
}
