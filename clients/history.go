package clients

import (
	"fmt"
	"net/netip"
	"time"
)

// A History is what one connection saw up to the moment it was asked for. It
// is a value: it does not change afterwards.
type History struct {
	// Local and Remote are the two ends; not valid until it is connected.
	Local, Remote netip.AddrPort
	// Dialed and Connected are when the connection was asked for and established.
	Dialed, Connected time.Time
	// SYNRetransmissions is how often the kernel had sent a segment again by
	// the time it was established: the SYN, as nothing else had been sent.
	SYNRetransmissions uint32

	// Queued counts the bytes that the client was told to send, Sent those
	// that the kernel took (not: those that arrived), Received those that came.
	Queued, Sent, Received int64
	// Owed counts the bytes that were sent and have not come back.
	Owed int64
	// Mismatch is the first place at which what came is not what an echo
	// server owes; nil while there is none.
	Mismatch *Mismatch
	// LastProgress is when the last byte was sent or received.
	LastProgress time.Time

	// SendBlocked says that the kernel's send buffer is full and the client
	// waits to send on.
	SendBlocked bool
	// SendErr is why sending failed, a wrapped errno, or ErrNotSent.
	SendErr error
	// FINQueued says that it is to do so, once all before it is sent.
	FINQueued bool
	// FINSent says that the client has shut down its sending side (shutdown(2), SHUT_WR).
	FINSent bool

	// End is where the connection stands, or how it ended.
	End End
	// EndedAt is when it ended.
	EndedAt time.Time
	// EndErr is the error it ended with; nil after an end of file, or when
	// this side ended it.
	EndErr error

	closed bool
}

// Answered says whether everything that the client was told to send was sent
// and came back exactly, and nothing else came. It is so, too, when it was
// told to send nothing and nothing came.
func (h History) Answered() bool {
	return h.Mismatch == nil && h.SendErr == nil && h.Sent == h.Queued && h.Received == h.Sent
}

// Ended says whether the connection has ended, by either side.
func (h History) Ended() bool { return h.End != Dialing && h.End != Open }

// EndedByServer says whether the server ended the connection, in order or by
// a reset.
func (h History) EndedByServer() bool { return h.End == EOF || h.End == ResetByPeer }

// ClosedByUs says whether this side has closed or reset the connection,
// whether or not the server had ended it before.
func (h History) ClosedByUs() bool { return h.closed }

// IsConnected says whether the connection was established, even if it ended since.
func (h History) IsConnected() bool { return !h.Connected.IsZero() }

// String sums it up in one line.
func (h History) String() string {
	s := fmt.Sprintf("%v: sent %d of %d bytes, received %d", h.End, h.Sent, h.Queued, h.Received)
	if h.Mismatch != nil {
		s += "; mismatch " + h.Mismatch.String()
	}
	if h.SendBlocked {
		s += "; waits to send"
	}
	if h.SendErr != nil {
		s += fmt.Sprintf("; %v", h.SendErr)
	}
	if h.EndErr != nil {
		s += fmt.Sprintf("; %v", h.EndErr)
	}
	return s
}

// History is what the connection saw so far.
func (c *Client) History() History {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.seen
	h.Queued, h.Sent, h.Received = c.ledger.queued, c.ledger.sent, c.ledger.received
	h.Owed = max(h.Sent-h.Received, 0)
	h.Mismatch = c.ledger.found()
	return h
}
