package clients

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
)

// A History is what one connection saw so far. It is a value: it does not change
// afterwards.
type History struct {
	// Local and Remote are the two ends; not valid until it is connected.
	Local, Remote netip.AddrPort
	// Dialed and Connected are when the dial began and when it succeeded.
	Dialed, Connected time.Time
	// SYNRetransmissions is how often the kernel sent the SYN again.
	SYNRetransmissions uint32

	// Queued counts the bytes of the requests, Sent those of them that the kernel
	// took (the server may not have received them), Received those that arrived.
	Queued, Sent, Received int64
	// Heard is how much of the replies has arrived, in the protocol's unit; 0 when no
	// protocol is spoken.
	Heard int64
	// Part is the beginning of a reply that has not arrived as a whole, up to 64 bytes;
	// nil where the protocol compares every byte with what was sent.
	Part []byte
	// UntilEnd says that the last reply ends only with the connection: more may come.
	UntilEnd bool
	// Due names the reply that has not arrived as a whole, where the protocol has a name
	// for it; "" otherwise.
	Due string
	// Wrong says at which byte the reply is wrong, and why; nil while it is not.
	Wrong error

	// SendBlocked says that the kernel's send buffer is full and the client
	// waits to send the rest.
	SendBlocked bool
	// Awaits says that the next request waits for something to arrive, as the protocol
	// has it.
	Awaits bool
	// SendErr is why sending failed, a wrapped errno, or ErrNotSent.
	SendErr error
	// FINQueued says that HalfClose was called.
	FINQueued bool
	// FINSent says that the client has shut down its sending side (shutdown(2),
	// SHUT_WR), after all that was queued before.
	FINSent bool

	// End is where the connection stands, or how it ended.
	End End
	// EndedAt is when it ended.
	EndedAt time.Time
	// EndErr is the error it ended with; nil after an end of file, or when
	// this side ended it.
	EndErr error

	closed, complete bool
}

// Answered reports whether every request was sent and its reply is complete, and
// nothing else arrived. It does so also when there was no request and nothing
// arrived.
func (h History) Answered() bool { return h.complete && h.SendErr == nil }

// Ended reports whether the connection has ended, by either side.
func (h History) Ended() bool { return h.End != Dialing && h.End != Open }

// EndedByServer reports whether the server ended the connection, in order or by
// a reset.
func (h History) EndedByServer() bool { return h.End == EOF || h.End == ResetByPeer }

// ClosedByUs reports whether this side has closed or reset the connection,
// whether or not the server had ended it before.
func (h History) ClosedByUs() bool { return h.closed }

// IsConnected reports whether the connection was established, even if it ended since.
func (h History) IsConnected() bool { return !h.Connected.IsZero() }

// String returns a summary in one line.
func (h History) String() string {
	s := fmt.Sprintf("%v: sent %d of %d bytes, received %d", h.End, h.Sent, h.Queued, h.Received)
	if h.Wrong != nil {
		s += fmt.Sprintf("; wrong %v", h.Wrong)
	}
	if h.SendBlocked {
		s += "; waits to send"
	}
	if h.Awaits {
		s += "; waits for the server to speak before it sends the rest"
	}
	if h.SendErr != nil {
		s += fmt.Sprintf("; %v", h.SendErr)
	}
	if h.EndErr != nil {
		s += fmt.Sprintf("; %v", h.EndErr)
	}
	return s
}

// History returns what the connection saw so far.
func (c *Client) History() History {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.seen
	if c.talk != nil {
		h.complete, h.Wrong = c.talk.Reply()
		h.Heard = c.talk.Heard()
		if talk, tells := c.talk.(protocol.Ender); tells {
			h.UntilEnd = talk.UntilEnd()
		}
		h.Awaits = c.awaits()
		if !h.complete {
			h.Part = slices.Clone(c.talk.Part())
			if telling, is := c.talk.(protocol.Telling); is {
				h.Due = telling.Due()
			}
		}
	}
	return h
}
