package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// NewcomersGone matches a scene in which every process that came with the clients
// has ended, but for those in stayed and for those that listen: these are workers
// that a server has added, and not the children of one client.
func NewcomersGone(stayed []observe.ProcessID) Matcher {
	newcomers := func(s Scene) (list []observe.ProcessID) {
		for _, p := range s.Picture.Live() {
			if !s.IsIdle(p.ID) && !slices.Contains(stayed, p.ID) && !listens(s, p.ID) {
				list = append(list, p.ID)
			}
		}
		return list
	}
	return matcher{
		expected: "the processes that came with the clients have ended",
		sight:    Processes, // most end; whether one that does not listens is seen by and by
		holds:    func(s Scene) bool { return len(newcomers(s)) == 0 },
		explain: func(s Scene) Finding {
			left := newcomers(s)
			return Finding{
				Found:     fmt.Sprintf("%d still run: %s", len(left), pids(left)),
				Diagnosis: blocked(s, left),
				Processes: left,
			}
		},
	}
}
