package clients

import "github.com/forkproof/forkproof/clients/protocol"

// An Option sets up a client; see Speak, Notify and NeverRead.
type Option func(*Client)

// Speak gives the client a conversation. Without one, Say panics and no reply is
// judged: the client is never answered.
func Speak(talk protocol.Conversation) Option { return func(c *Client) { c.talk = talk } }

// Notify has the notifier tell of each change of the client's history.
func Notify(n *Notifier) Option { return func(c *Client) { c.shared = n } }

// NeverRead makes a client that does not read until StartReading is called.
// Its receive buffer is small (SO_RCVBUF, socket(7)), so that a server that
// sends to it soon blocks. While it does not read it learns of the server's
// end only from a send that fails.
func NeverRead() Option { return func(c *Client) { c.neverRead = true } }
