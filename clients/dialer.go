// Package clients drives concurrent connections against a server and keeps
// what each connection saw. It never dials by itself: whoever started the
// server hands out a Dialer, so that the same driver works across a network
// namespace.
package clients

import (
	"context"
	"net"
)

// A Dialer opens connections to one server.
type Dialer interface {
	// Dial connects once. It returns when the connection is established, the
	// kernel refuses it, or ctx is done.
	Dial(ctx context.Context) (*net.TCPConn, error)
}
