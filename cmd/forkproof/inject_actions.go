package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/rule"
	"github.com/forkproof/forkproof/observe"
)

// happen does once what a rule says that is not about system calls.
func (c *conductor) happen(ctx context.Context, r *running) error {
	switch a := r.Action.(type) {
	case rule.Signal:
		return c.each(r, "signal", func(t faults.Process) (string, error) { return send(ctx, t, a.Signal), nil })
	case rule.Descriptors:
		return c.limit(r, func(t faults.Process) (faults.Undo, string, error) { return lowerDescriptors(t, a) })
	case rule.Memory:
		return c.limit(r, func(t faults.Process) (faults.Undo, string, error) {
			undo, err := faults.MemoryLimit(t, a.Spare)
			return undo, fmt.Sprintf("%d bytes are left", a.Spare), err
		})
	case rule.Processes:
		return c.limit(r, func(t faults.Process) (faults.Undo, string, error) {
			undo, err := faults.ProcessLimit(t, a.Limit)
			return undo, fmt.Sprintf("limit %d", a.Limit), err
		})
	case rule.Freeze:
		return c.freeze(ctx, r, a.Duration, faults.Noop)
	case rule.Crowd:
		return c.freeze(ctx, r, a.Duration, c.fillQueue)
	case rule.Loopback:
		return c.loopbackDown(ctx, r, a.Duration)
	case rule.Client:
		return c.client(ctx, r, a.Leave)
	}
	return fmt.Errorf("no such action: %T", r.Action)
}

// each does something to each process of a rule, and tells of it. One that has
// ended is passed over.
func (c *conductor) each(r *running, what string, do func(faults.Process) (string, error)) error {
	list, err := c.processes(r.Who)
	if err != nil {
		return err
	}
	for _, t := range targetsOf(list) {
		done, err := do(t)
		if errors.Is(err, faults.ErrGone) {
			continue
		}
		if err != nil {
			return err
		}
		c.log.hit(r.Text, time.Now(), t.PID, c.first, what, done)
	}
	return nil
}

// limit lowers a limit of each process, until the rule's time is over.
func (c *conductor) limit(r *running, lower func(faults.Process) (faults.Undo, string, error)) error {
	return c.each(r, "prlimit", func(t faults.Process) (string, error) {
		undo, what, err := lower(t)
		if err == nil && r.For > 0 {
			c.undos = append(c.undos, due{time.Now().Add(r.For), fmt.Sprintf("%s of %v", r.Text, t), undo})
		}
		return what, err
	})
}

func lowerDescriptors(t faults.Process, a rule.Descriptors) (faults.Undo, string, error) {
	n := a.Limit
	if a.Full {
		free, err := faults.LowestFreeDescriptor(t)
		if err != nil {
			return nil, "", err
		}
		n = uint64(free)
	}
	undo, err := faults.DescriptorLimit(t, n)
	return undo, fmt.Sprintf("limit %d", n), err
}

// freeze stops the server, does something meanwhile, and lets it go on. It
// cannot be seen to stop while it is traced.
func (c *conductor) freeze(ctx context.Context, r *running, d time.Duration, meanwhile faults.Fault) error {
	c.disarm()
	list, err := c.processes(r.Who)
	if err != nil || len(list) == 0 {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, hitLimit)
	defer cancel()
	thaw, err := faults.Freeze(limited, targetsOf(list)...)
	if err != nil {
		return ignoreGone(err)
	}
	begin := time.Now()
	undo, err := meanwhile(limited)
	if err == nil {
		for _, p := range list {
			c.log.hit(r.Text, begin, p.ID.PID, c.first, "SIGSTOP", fmt.Sprintf("for %v", d))
		}
		c.pause(ctx, d)
		err = undo()
	}
	if err = errors.Join(err, thaw()); err != nil {
		return err
	}
	return c.arm(ctx)
}

// pause waits for a time, or until forkproof is interrupted.
func (c *conductor) pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// fillQueue is the fault of an accept queue that is full.
func (c *conductor) fillQueue(ctx context.Context) (faults.Undo, error) {
	return faults.AcceptQueueFull(ctx,
		func(ctx context.Context) (io.Closer, error) { return c.server.Dial(ctx) },
		c.queueRoom)
}

// queueRoom is how many connections the accept queue has room for: one more
// than the backlog, listen(2).
func (c *conductor) queueRoom() (int, error) {
	picture, err := c.server.Look(observe.Descriptors)
	if err != nil {
		return 0, err
	}
	for _, held := range picture.Listening() {
		if held.Socket.Local != c.server.Listening {
			continue
		}
		if held.Socket.SendQueue == observe.UnknownBacklog {
			return 0, errors.New("this kernel does not show the backlog (inet_diag)")
		}
		return int(held.Socket.SendQueue) + 1 - int(held.Socket.RecvQueue), nil
	}
	return 0, errors.New("the server does not listen any more")
}

func (c *conductor) loopbackDown(ctx context.Context, r *running, d time.Duration) error {
	socket, err := c.server.Host().Socket(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(socket) }()
	undo, err := faults.LoopbackDown(socket)
	if err != nil {
		return err
	}
	c.log.hit(r.Text, time.Now(), c.first, c.first, "loopback", fmt.Sprintf("down for %v", d))
	c.undos = append(c.undos, due{time.Now().Add(d), "loopback down", undo})
	return nil
}

// client is one client that leaves in a bad way.
func (c *conductor) client(ctx context.Context, r *running, leave rule.Leave) error {
	limited, cancel := context.WithTimeout(ctx, hitLimit)
	defer cancel()
	conn, err := c.server.Dial(limited)
	if errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ECONNRESET) {
		c.log.say("%s: %v", r.Text, err)
		return nil
	}
	if err != nil {
		return err
	}
	_, _ = conn.Write([]byte("x")) // the server may have reset it by now
	switch leave {
	case rule.Vanish:
		err = faults.Vanish(conn)
	case rule.Reset:
		_ = conn.SetLinger(0) // likewise
		err = conn.Close()
	}
	if err != nil {
		return err
	}
	c.log.hit(r.Text, time.Now(), c.first, c.first, "client", string(leave))
	return nil
}

// signalTo sends a signal to the process that has made a call, and says what
// became of it.
func (c *conductor) signalTo(ctx context.Context, pid int, a rule.Signal) string {
	picture, err := c.server.Look(0)
	if err != nil {
		return err.Error()
	}
	p, found := picture.ByPID(pid)
	if !found {
		return "the process has ended"
	}
	return send(ctx, targetsOf([]observe.Process{p})[0], a.Signal)
}

// fateLimit is how long it is watched what becomes of a signal.
const fateLimit = time.Second

func send(ctx context.Context, t faults.Process, signal unix.Signal) string {
	limited, cancel := context.WithTimeout(ctx, fateLimit)
	defer cancel()
	fate, err := faults.Signal(limited, t, signal)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err.Error()
	}
	return unix.SignalName(signal) + " " + fate.String()
}

func ignoreGone(err error) error {
	if errors.Is(err, faults.ErrGone) {
		return nil
	}
	return err
}
