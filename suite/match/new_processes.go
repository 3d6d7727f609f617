package match

import (
	"fmt"
	"slices"

	"github.com/forkproof/forkproof/observe"
)

// NewProcessesEnded matches a snapshot in which every process that came with the clients
// has ended, but for those in stayed and for those that listen: these are workers
// that a server has added, and not the children of one client.
func NewProcessesEnded(stayed []observe.ProcessID) Matcher {
	newProcesses := func(s Snapshot) (list []observe.ProcessID) {
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
		holds:    func(s Snapshot) bool { return len(newProcesses(s)) == 0 },
		explain: func(s Snapshot) Finding {
			left := newProcesses(s)
			return Finding{
				Found:     fmt.Sprintf("%d still run: %s", len(left), pids(left)),
				Diagnosis: blocked(s, left),
				Processes: left,
			}
		},
	}
}
