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
