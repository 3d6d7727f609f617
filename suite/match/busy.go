package match

import (
	"fmt"
	"strings"
	"time"

	"github.com/forkproof/forkproof/observe"
)

// Busy matches a snapshot in which some process is running.
func Busy() Matcher {
	return matcher{
		expected: "every process sleeps in a blocking call",
		sight:    Everything,
		holds:    func(s Snapshot) bool { return len(running(s)) > 0 },
		explain: func(s Snapshot) Finding {
			var who []string
			var ids []observe.ProcessID
			for _, p := range running(s) {
				who = append(who, fmt.Sprintf("%s is running (%v of processor time so far)", Role(s, p), p.CPU.Round(time.Millisecond)))
				ids = append(ids, p.ID)
			}
			if len(who) == 0 {
				return Finding{Found: "the server keeps waking up", Diagnosis: blocked(s, nil)}
			}
			return Finding{
				Found:     strings.Join(who, ", "),
				Diagnosis: "a loop goes round without blocking, on a non-blocking socket or on an error that it does not take for the end",
				Processes: ids,
			}
		},
	}
}

func running(s Snapshot) []observe.Process {
	var list []observe.Process
	for _, p := range s.Picture.Live() {
		for _, t := range p.Tasks {
			if t.State == observe.Running {
				list = append(list, p)
				break
			}
		}
	}
	return list
}
