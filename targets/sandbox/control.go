package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

func controlPair() (*wire.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("make a control socket: %w", err)
	}
	if err := unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_PASSCRED, 1); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("have senders named: %w", err), unix.Close(fds[0]), unix.Close(fds[1]))
	}
	conn, err := wire.NewConn(fds[0])
	if err != nil {
		return nil, nil, errors.Join(err, unix.Close(fds[1]))
	}
	return conn, os.NewFile(uintptr(fds[1]), "control"), nil
}

// listen hands out what the init says until its socket closes.
func (p *initPeer) listen(ready chan<- wire.Message) {
	defer close(p.gone)
	for packets := wire.NewReceiver(p.conn); ; {
		m, fds, err := packets.Next()
		if err != nil {
			return
		}
		p.take(m, fds, ready)
	}
}

// take hands out one message.
func (p *initPeer) take(m wire.Message, fds []int, ready chan<- wire.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.replies[m.ID]
	switch {
	case m.Event == wire.EventReady:
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
	wire.CloseFDs(fds)
}

// happened notes an event.
func (h *Host) happened(m wire.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m.Event {
	case wire.EventExit:
		h.ended(m)
	case wire.EventEmpty:
		h.alone = true
		select {
		case h.empty <- struct{}{}:
		default:
		}
	case wire.EventMemory:
		h.memory = true
	case wire.EventLimit:
		h.limit = m.PID
	}
}

// translate puts the pid outside, which the kernel tells, in the place of the
// one inside, which the init does.
func (h *Host) translate(m *wire.Message) {
	if h == nil || !h.isolation.PIDs || m.PID == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.outer[m.PID] = m.Sender
	m.PID = m.Sender
}

// ended notes how a started program ended.
func (h *Host) ended(m wire.Message) {
	pid := m.PID
	if h.isolation.PIDs {
		pid = h.outer[m.PID]
		delete(h.outer, m.PID)
	}
	h.exits[pid] = m.Status
}

// ask sends one request of the host and waits for its reply.
func (h *Host) ask(ctx context.Context, m wire.Message, fds ...int) (reply, error) {
	return h.init.askAs(ctx, nil, m, fds...)
}

// askAs sends one request and waits for its reply. With a host, events are about
// that one from the request on.
func (p *initPeer) askAs(ctx context.Context, opened *Host, m wire.Message, fds ...int) (reply, error) {
	answer := make(chan reply, 1)
	p.mu.Lock()
	p.next++
	m.ID = p.next
	p.replies[m.ID] = answer
	if opened != nil {
		opened.number, p.host = m.ID, opened
	}
	p.mu.Unlock()
	if err := wire.Send(p.conn, m, fds...); err != nil {
		p.forget(m.ID)
		if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) || errors.Is(err, os.ErrClosed) {
			err = ErrInitGone
		}
		return reply{}, err
	}
	select {
	case r := <-answer:
		return r, wire.ErrorOf(r.Message)
	case <-p.gone:
		return reply{}, ErrInitGone
	case <-ctx.Done():
		p.forget(m.ID)
		return reply{}, fmt.Errorf("init does not answer %q: %w", m.Op, ctx.Err())
	}
}

// forget gives up waiting for a reply, and closes what came with it.
func (p *initPeer) forget(id int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	answer := p.replies[id]
	delete(p.replies, id)
	select {
	case r := <-answer:
		wire.CloseFDs(r.fds)
	default:
	}
}
