package clients

import (
	"context"
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// An End is where a connection stands: not yet made, open, or how it ended.
type End int

const (
	// Dialing: the connection is not established yet.
	Dialing End = iota
	// Open: it is established, and nothing has ended it.
	Open
	// EOF: the server ended its direction in order, with a FIN.
	EOF
	// ResetByPeer: the server ended it with a RST (ECONNRESET, tcp(7)).
	ResetByPeer
	// TimedOut: no answer came in time, neither to the handshake within the
	// dial's context nor to data within the kernel's limit (ETIMEDOUT, tcp(7)).
	TimedOut
	// Closed: this side closed or reset it before the server ended it.
	Closed
	// Failed: it could not be established, or ended in some other error.
	Failed
)

var endNames = [...]string{
	Dialing: "connecting", Open: "open", EOF: "end of file", ResetByPeer: "reset by the server",
	TimedOut: "timed out", Closed: "closed by the client", Failed: "failed",
}

// String returns the end in words.
func (e End) String() string {
	if e < 0 || int(e) >= len(endNames) {
		return "unknown"
	}
	return endNames[e]
}

// endOf returns how a connection ended whose dial, read or write failed with err.
func endOf(err error) End {
	switch {
	case errors.Is(err, unix.ECONNRESET):
		return ResetByPeer
	case errors.Is(err, unix.ETIMEDOUT), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return TimedOut
	case errors.Is(err, net.ErrClosed):
		return Closed
	}
	return Failed
}
