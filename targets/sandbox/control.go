package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func controlPair() (*packetConn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a control socket: %w", err)
	}
	if err := unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("have senders named: %w", err), unix.Close(fds[0]), unix.Close(fds[1]))
	}
	conn, err := newPacketConn(fds[0])
	if err != nil {
		return nil, nil, errors.Join(err, unix.Close(fds[1]))
	}
	return conn, os.NewFile(uintptr(fds[1]), "control"), nil
}

// listen hands out what the keeper says until its socket closes.
func (h *Host) listen() {
	defer close(h.gone)
	for packets := newReceiver(h.conn); ; {
		m, fds, err := packets.next()
		if err != nil {
			return
		}
		h.mu.Lock()
		switch {
		case m.Event == eventReady:
			h.ready <- m
		case m.Event == eventExit:
			h.ended(m)
		case m.Event == eventEmpty:
			h.alone = true
			select {
			case h.empty <- struct{}{}:
			default:
			}
		case m.Event == eventLimit:
			h.limit = m.PID
		case h.replies[m.ID] != nil:
			h.translate(&m)
			h.replies[m.ID] <- reply{m, fds}
			delete(h.replies, m.ID)
			fds = nil
		}
		h.mu.Unlock()
		closeAll(fds)
	}
}

// translate puts the pid outside, which the kernel tells, in the place of the
// one inside, which the keeper does.
func (h *Host) translate(m *message) {
	if h.isolation.PIDs && m.PID != 0 {
		h.outer[m.PID] = m.sender
		m.PID = m.sender
	}
}

// ended notes how a started program ended.
func (h *Host) ended(m message) {
	pid := m.PID
	if h.isolation.PIDs {
		pid = h.outer[m.PID]
		delete(h.outer, m.PID)
	}
	h.exits[pid] = m.Status
}

func asError(m message) error {
	switch {
	case m.Errno != 0:
		return &StepError{Text: m.Error, Errno: m.Errno}
	case m.Error != "":
		return errors.New(m.Error)
	}
	return nil
}

// A StepError is what the keeper could not do, with the system's reason.
type StepError struct {
	Text  string
	Errno unix.Errno
}

func (e *StepError) Error() string { return e.Text }

// Unwrap gives the errno.
func (e *StepError) Unwrap() error { return e.Errno }

// ask sends one request and waits for its reply.
func (h *Host) ask(ctx context.Context, m message, fds ...int) (reply, error) {
	answer := make(chan reply, 1)
	h.mu.Lock()
	h.next++
	m.ID = h.next
	h.replies[m.ID] = answer
	h.mu.Unlock()
	if err := send(h.conn, m, fds...); err != nil {
		h.forget(m.ID)
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
			err = ErrKeeperGone
		}
		return reply{}, err
	}
	select {
	case r := <-answer:
		return r, asError(r.message)
	case <-h.gone:
		return reply{}, ErrKeeperGone
	case <-ctx.Done():
		h.forget(m.ID)
		return reply{}, fmt.Errorf("keeper does not answer %q: %w", m.Op, ctx.Err())
	}
}

// forget gives up waiting for a reply, and closes what came with it.
func (h *Host) forget(id int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	answer := h.replies[id]
	delete(h.replies, id)
	select {
	case r := <-answer:
		closeAll(r.fds)
	default:
	}
}
