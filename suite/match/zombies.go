package match

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/forkproof/forkproof/observe"
)

// NoZombies matches a snapshot without a zombie: every child that ended was reaped.
func NoZombies() Matcher {
	return matcher{
		expected: "no zombie: every child that ended has been waited for",
		sight:    Processes,
		holds:    func(s Snapshot) bool { return len(s.Zombies()) == 0 },
		explain:  explainZombies,
	}
}

// ZombiesAtMost matches a snapshot with no more than so many zombies.
func ZombiesAtMost(most int) Matcher {
	return matcher{
		expected: fmt.Sprintf("no more zombies than without the fault, which are %d", most),
		sight:    Processes,
		holds:    func(s Snapshot) bool { return len(s.Zombies()) <= most },
		explain:  explainZombies,
	}
}

// Reaped matches a snapshot in which the given processes are gone altogether.
func Reaped(children ...observe.ProcessID) Matcher {
	return matcher{
		expected: processes(children) + " reaped",
		sight:    Processes,
		holds: func(s Snapshot) bool {
			for _, id := range children {
				if _, found := s.Picture.Find(id); found {
					return false
				}
			}
			return true
		},
		explain: explainZombies,
	}
}

// Dead matches a snapshot in which the given processes have ended: they are
// zombies, or already reaped.
func Dead(children ...observe.ProcessID) Matcher {
	alive := func(s Snapshot) (list []observe.ProcessID) {
		for _, id := range children {
			if p, found := s.Picture.Find(id); found && p.Alive() {
				list = append(list, id)
			}
		}
		return list
	}
	return matcher{
		expected: processes(children) + " ended",
		sight:    Processes,
		holds:    func(s Snapshot) bool { return len(alive(s)) == 0 },
		explain: func(s Snapshot) Finding {
			left := alive(s)
			return Finding{
				Found:     fmt.Sprintf("%d of %d still run: %s", len(left), len(children), pids(left)),
				Diagnosis: blocked(s, left),
				Processes: left,
			}
		},
	}
}

func explainZombies(s Snapshot) Finding {
	zombies := s.Zombies()
	ids := make([]observe.ProcessID, len(zombies))
	for i, z := range zombies {
		ids[i] = z.ID
	}
	f := Finding{Processes: ids}
	if len(zombies) == 0 {
		f.Found = "no zombie"
		return f
	}
	f.Found = fmt.Sprintf("%s left: %s", plural(len(zombies), "zombie"), pids(ids))
	parent, found := s.Picture.ByPID(zombies[0].Parent)
	if !found {
		return f
	}
	f.Processes = append([]observe.ProcessID{parent.ID}, ids...)
	f.Diagnosis = whyZombies(parent)
	if call := blockedCall(s, parent); call != "" {
		f.Diagnosis += "; " + call
	}
	return f
}

// whyZombies reads the cause off the parent's signal disposition.
func whyZombies(parent observe.Process) string {
	pid := parent.ID.PID
	switch {
	case parent.Signals.Caught.Has(syscall.SIGCHLD):
		return fmt.Sprintf("process %d has a handler for SIGCHLD, but it does not wait for every child that ended: "+
			"pending signals do not queue, so one SIGCHLD may stand for several children", pid)
	case parent.Signals.Ignored.Has(syscall.SIGCHLD):
		return fmt.Sprintf("process %d ignores SIGCHLD now, but did not when these children ended", pid)
	default:
		return fmt.Sprintf("process %d has no handler for SIGCHLD (its disposition is the default) and has not waited", pid)
	}
}

// processes names them: "process 101", "processes 101, 102".
func processes(list []observe.ProcessID) string {
	if len(list) > 1 {
		return "processes " + pids(list)
	}
	return "process " + pids(list)
}

func pids(list []observe.ProcessID) string {
	if len(list) == 0 {
		return "none"
	}
	texts := make([]string, 0, len(list))
	for i, id := range list {
		if i == 12 && len(list) > 13 {
			texts = append(texts, fmt.Sprintf("and %d more", len(list)-i))
			break
		}
		texts = append(texts, fmt.Sprint(id.PID))
	}
	return strings.Join(texts, ", ")
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
