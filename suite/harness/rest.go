package harness

import (
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// restless says that a server did not come to rest until a limit ended the
// wait: it spins, or is woken again and again. It is remembered for what
// follows in this process: its rest is then waited for a part as long. No
// verdict hangs on that; what a verdict waits for has the whole limits.
var restless bool

const (
	// restlessShare is what is left of Limits.Grace for a restless server.
	restlessShare = 25
	// restlessSpin is what is left of Limits.Spin: a server that spins has been
	// through its loop many times then, and every other process of it has had
	// its turn.
	restlessSpin = 5 * time.Millisecond
)

// rest waits until the tree has come to rest, and gives the picture of it then.
func (s *Server) rest() observe.Picture {
	limits := s.c.config.Limits
	if restless {
		limits.Spin, limits.Grace = min(limits.Spin, restlessSpin), limits.Grace/restlessShare
	}
	snapshot, why := s.awaitWithin(limits, match.Never("the server comes to rest"), whenSettled)
	switch why {
	case atRest, asleep, allGone:
	default:
		restless = true
	}
	return snapshot.Picture
}
