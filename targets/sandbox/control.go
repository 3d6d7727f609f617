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

// listen hands out what the init says until its socket closes.
func (p *initProcess) listen(ready chan<- message) {
	defer close(p.gone)
	for packets := newReceiver(p.conn); ; {
		m, fds, err := packets.next()
		if err != nil {
			return
		}
		p.take(m, fds, ready)
	}
}

// take hands out one message.
func (p *initProcess) take(m message, fds []int, ready chan<- message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.replies[m.ID]
	switch {
	case m.Event == eventReady:
		ready <- m
	case m.Event != "":
		if p.host != nil && p.host.number == m.Host {
			p.host.happened(m)
		}
	case answer != nil:
		p.host.translate(&m)
		answer <- reply{m, fds}
		delete(p.replies, m.ID)
		return
	}
	closeAll(fds)
}

// happened notes an event.
func (h *Host) happened(m message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m.Event {
	case eventExit:
		h.ended(m)
	case eventEmpty:
		h.alone = true
		select {
		case h.empty <- struct{}{}:
		default:
		}
	case eventLimit:
		h.limit = m.PID
	}
}

// translate puts the pid outside, which the kernel tells, in the place of the
// one inside, which the keeper does.
func (h *Host) translate(m *message) {
	if h == nil || !h.isolation.PIDs || m.PID == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outer[m.PID] = m.sender
	m.PID = m.sender
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

// ask sends one request of the host and waits for its reply.
func (h *Host) ask(ctx context.Context, m message, fds ...int) (reply, error) {
	return h.keeper.askAs(ctx, nil, m, fds...)
}

// askAs sends one request and waits for its reply. With a host, events are about
// that one from the request on.
func (p *initProcess) askAs(ctx context.Context, opened *Host, m message, fds ...int) (reply, error) {
	answer := make(chan reply, 1)
	p.mu.Lock()
	p.next++
	m.ID = p.next
	p.replies[m.ID] = answer
	if opened != nil {
		opened.number, p.host = m.ID, opened
	}
	p.mu.Unlock()
	if err := send(p.conn, m, fds...); err != nil {
		p.forget(m.ID)
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, os.ErrClosed) {
			err = ErrKeeperGone
		}
		return reply{}, err
	}
	select {
	case r := <-answer:
		return r, asError(r.message)
	case <-p.gone:
		return reply{}, ErrKeeperGone
	case <-ctx.Done():
		p.forget(m.ID)
		return reply{}, fmt.Errorf("keeper does not answer %q: %w", m.Op, ctx.Err())
	}
}

// forget gives up waiting for a reply, and closes what came with it.
func (p *initProcess) forget(id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.replies[id]
	delete(p.replies, id)
	select {
	case r := <-answer:
		closeAll(r.fds)
	default:
	}
}
