package match

import (
	"fmt"

	"github.com/forkproof/forkproof/observe"
)

// stormForks is how many processes a server may fork while a connection waits in its
// accept queue, until it is known to go on for ever: many times what a prefork server
// adds at once.
const stormForks = 50

// ForkStorm matches once the server has forked stormForks processes while a client's
// connection stayed in the accept queue, or so many that forkproof ended it. Each
// snapshot that it is shown adds the processes which are new.
func ForkStorm(waiting *Client) Matcher {
	forked := map[observe.ProcessID]bool{}
	return matcher{
		expected: "processes are forked without end",
		sight:    Sockets,
		holds: func(s Snapshot) bool {
			socket, found := s.Connection(waiting)
			if found && socket.Inode == 0 && queued(socket) {
				for _, p := range s.Picture.Processes {
					if !s.IsIdle(p.ID) {
						forked[p.ID] = true
					}
				}
			}
			return len(forked) >= stormForks || s.Overgrown > 0
		},
		explain: func(s Snapshot) Finding {
			return Finding{
				Found: fmt.Sprintf("%d processes and more were forked while the connection of %s waited in the accept queue",
					max(len(forked), s.Overgrown), waiting.Name),
				Diagnosis: "accept fails, and fork follows all the same: the server does not check what accept returns",
			}
		},
	}
}
