package sandbox

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// stopLimit guards against a tree that SIGKILL does not end.
const stopLimit = 20 * time.Second

// ErrInitGone says that the init ended although nobody asked it to.
var ErrInitGone = errors.New("the init of the server is gone")

// ErrClosing says that CloseAll was called: forkproof is about to exit.
var ErrClosing = errors.New("forkproof is ending: no further server is started")

// A Host is a place to run servers in, held by an init.
type Host struct {
	isolation Isolation
	init      *initPeer
	number    int // the request that opened it
	thread    int // of the init, which starts its programs
	cgroups   []cgroup

	mu      sync.Mutex
	started []int
	exits   map[int]unix.WaitStatus
	alone   bool          // nothing is left of the tree
	limit   int           // processes counted when the limit was passed
	memory  bool          // it was ended for its shared memory
	empty   chan struct{} // gets a value when the tree has ended by itself
	outer   map[int]int   // pids of started programs, by their pid inside
	once    sync.Once
}

// hosts counts the hosts of this process.
var hosts atomic.Int64

type reply struct {
	wire.Message
	fds []int
}

// Start runs a program and returns its pid; the errno of a failed execve(2) is
// in the error.
func (h *Host) Start(ctx context.Context, p wire.Program) (int, error) {
	if err := h.furnish(&p); err != nil {
		return 0, err
	}
	h.mu.Lock()
	h.alone = false
	h.mu.Unlock()
	r, err := h.ask(ctx, wire.Message{Op: wire.OpStart, Program: &p}, int(p.Stdin.Fd()), int(p.Output.Fd()))
	if err != nil {
		return 0, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started = append(h.started, r.PID)
	return r.PID, nil
}

// furnish says what the program sees of the machine, and what its environment is.
func (h *Host) furnish(p *wire.Program) (err error) {
	if h.isolation.Tier == "" {
		p.Env = slices.Concat(os.Environ(), p.Env)
		return nil
	}
	if p.View, err = viewOf(*p); err != nil {
		return err
	}
	var seen *wire.View
	if h.isolation.PIDs {
		seen = p.View
	}
	p.Env = environment(seen, p.Env)
	return nil
}

// startedPIDs are those whose end was not reported yet.
func (h *Host) startedPIDs() []int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(h.started), func(pid int) bool {
		_, ended := h.exits[pid]
		return ended
	})
}

// Sockets opens count non-blocking sockets where the server runs; see socket(2).
func (h *Host) Sockets(ctx context.Context, domain, kind, protocol, count int) ([]int, error) {
	if !h.isolation.Network {
		return wire.OpenSockets(domain, kind, protocol, count)
	}
	var fds []int
	for len(fds) < count {
		r, err := h.ask(ctx, wire.Message{Op: wire.OpSocket, Domain: domain, Type: kind, Proto: protocol, Count: count - len(fds)})
		if err != nil {
			wire.CloseFDs(fds)
			return nil, err
		}
		fds = append(fds, r.fds...)
	}
	return fds, nil
}

// StopAll ends everything below the init and returns when nothing is left.
func (h *Host) StopAll(ctx context.Context) error {
	_, err := h.ask(ctx, wire.Message{Op: wire.OpStop})
	return err
}

// OpenDir opens a directory, whose path has no symbolic links, as the programs of the
// host see it.
func (h *Host) OpenDir(ctx context.Context, path string) (*os.File, error) {
	if !h.isolation.PIDs {
		fd, err := wire.OpenExactly(path, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
		return os.NewFile(uintptr(fd), path), nil
	}
	r, err := h.ask(ctx, wire.Message{Op: wire.OpDir, Name: path})
	if err != nil {
		return nil, err
	}
	if len(r.fds) != 1 {
		wire.CloseFDs(r.fds)
		return nil, errors.New("init opened no directory")
	}
	return os.NewFile(uintptr(r.fds[0]), path), nil
}

// PID is the init's; the server's tree is everything below it.
func (h *Host) PID() int { return h.init.process.Pid }

// Thread is the thread of the init that starts the programs of the host, and
// whose namespaces they are in. Orphans are adopted by the first thread.
func (h *Host) Thread() int { return h.thread }

// Isolation says how the host is kept apart.
func (h *Host) Isolation() Isolation { return h.isolation }

// Exit gives the wait status of a started command, when it has ended.
func (h *Host) Exit(pid int) (unix.WaitStatus, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	status, ended := h.exits[pid]
	return status, ended
}

// Overgrown says how many processes the tree had when it was ended for having
// more than its limit; 0 when it never had.
func (h *Host) Overgrown() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.limit
}

// OutOfMemory says whether a process of the tree was killed for having used up
// the memory that the tree may have: by the kernel, where there is a memory
// control group, or by init for shared memory.
func (h *Host) OutOfMemory() bool {
	h.mu.Lock()
	memory := h.memory
	h.mu.Unlock()
	return memory || slices.ContainsFunc(h.cgroups, cgroup.outOfMemory)
}

// Ended gets a value when the last process of the tree has ended.
func (h *Host) Ended() <-chan struct{} { return h.empty }

// Empty says whether nothing is left of what was started.
func (h *Host) Empty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.alone
}

// Gone is closed when the init has ended.
func (h *Host) Gone() <-chan struct{} { return h.init.gone }

// Close ends the tree and the host and returns when nothing of them is left. The
// init may hold another host then.
func (h *Host) Close() error {
	var err error
	h.once.Do(func() {
		defer registry.forget(h)
		err = h.end()
	})
	return err
}

// end closes the host in its init, or with it.
func (h *Host) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	_, err := h.ask(ctx, wire.Message{Op: wire.OpClose})
	lost := err != nil
	if !lost && h.isolation.PIDs && h.init.unchanged() && registry.open() {
		return idle.put(h.init)
	}
	err = h.init.end(lost)
	if lost && !h.isolation.PIDs {
		err = errors.Join(err, h.sweep())
	}
	for _, g := range h.cgroups {
		err = errors.Join(err, g.remove())
	}
	return err
}
