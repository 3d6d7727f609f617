package clients

// An Option changes how a client behaves; see NeverRead and Ringing.
type Option func(*Client)

// Ringing makes a client that rings this bell, too, whenever its history changes.
func Ringing(b *Bell) Option { return func(c *Client) { c.shared = b } }

// NeverRead makes a client that does not read until StartReading is called.
// Its receive buffer is small (SO_RCVBUF, socket(7)), so that a server that
// sends to it soon blocks. While it does not read it learns of the server's
// end only from a send that fails.
func NeverRead() Option { return func(c *Client) { c.neverRead = true } }
