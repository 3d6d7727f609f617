// Package clients drives concurrent connections against a server and keeps what
// each connection saw. It opens no connection by itself: what started the server
// supplies a Dialer, so that the same clients work across a network namespace. It
// knows no protocol: a conversation judges the replies.
package clients

import (
	"context"
	"net"
	"sync"
	"syscall"

	"github.com/forkproof/forkproof/clients/protocol"
)

// A Client is one connection. It reads from the moment it is connected, has its
// conversation judge what arrives, and notes how the connection ends; see
// History. Its verbs may be called at any time and from any goroutine, also
// before it is connected: they take effect in the order in which they were
// called, and return at once.
//
// A Client has at most two goroutines: one reads, and one sends while there
// is something to send. Both end after Close or Reset.
type Client struct {
	neverRead bool
	talk      protocol.Conversation // nil when no protocol is spoken
	cancel    context.CancelFunc    // ends the dial

	// mu is held during each read, write and shutdown, none of which blocks
	// (the waiting is done outside), and until what it did is noted. So no
	// byte can come back before it is counted as sent, and an error that the
	// kernel reports once, to the reader or to the sender, is known to both.
	mu      sync.Mutex
	conn    *net.TCPConn // nil until connected
	raw     syscall.RawConn
	seen    History
	reading bool // a goroutine reads, or has read to the end
	sending bool // a goroutine sends
	closing bool // Close or Reset was called
	queue   []segment
	lost    error // the end of the connection, if a write reported it
	own     Notifier
	shared  *Notifier // nil when it shares none
}
