package look

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/diagnose"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/evidence"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// Result returns what is wrong in the report's terms, with its causes. It holds only the
// requirements that the look shows to be broken. An error is a mistake in the catalogue.
func (s Seen) Result() (report.Result, error) {
	r := report.Result{Target: report.Target{Command: command(s.root().PID), Model: string(harness.Forking)}}
	for _, w := range s.Wrong {
		e, known := harness.Find(w.ID)
		if !known {
			return r, fmt.Errorf("no requirement is called %s", w.ID)
		}
		if s.owned(e) {
			continue
		}
		q := e.Result()
		q.Verdict, q.Found, q.Diagnosis = report.Fail, w.Finding.Found, w.Finding.Diagnosis
		q.Evidence = evidence.Of(w.Finding)
		r.Requirements = append(r.Requirements, q)
	}
	r.Summarise()
	if err := diagnose.Diagnose(&r, harness.BuildsOn()); err != nil {
		return r, err
	}
	for i := range r.Causes {
		if r.Causes[i].Requirements[0] == someReaped {
			r.Causes[i] = r.Of(someReaped).AsCause()
			r.Causes[i].Title = "The SIGCHLD handler does not wait for every child that has ended."
			r.Causes[i].Found += ": " + r.Of(someReaped).Diagnosis
		}
	}
	return r, nil
}

// someReaped is what zombies break whose parent catches SIGCHLD. How many children it
// has reaped before does not show, so the cause says no more than that some were not.
const someReaped = "reaping/five-at-once"

// owned says whether something else is wrong that a requirement builds on: what the look
// shows of it follows from that.
func (s Seen) owned(e harness.Entry) bool {
	return slices.ContainsFunc(harness.Foundations(e.Requirement), func(f harness.Entry) bool {
		return slices.ContainsFunc(s.Wrong, func(w Wrong) bool { return w.ID == f.ID })
	})
}

// Evidence returns all that the look shows, with what is wrong marked.
func (s Seen) Evidence() *report.Evidence {
	picture := s.Picture
	picture.Processes = slices.Clone(picture.Processes)
	for i := range picture.Processes {
		if picture.Processes[i].Unreadable != nil { // what it does is not known
			picture.Processes[i].Tasks = nil
		}
	}
	all := match.Finding{Snapshot: &match.Snapshot{Picture: picture}}
	for _, w := range s.Wrong {
		all.Wrong = append(all.Wrong, w.Finding.Wrong...)
	}
	return evidence.Of(all)
}

func (s Seen) root() observe.ProcessID { return s.Picture.Processes[0].ID }

// Summary says in one line what there is: "process 812 (./server 7007) listens on
// 0.0.0.0:7007; 3 processes, 2 connections, 1 in CLOSE_WAIT, no zombie".
func (s Seen) Summary() string {
	v := view{Picture: s.Picture}
	root := s.Picture.Processes[0]
	text := fmt.Sprintf("process %d (%s)", root.ID.PID, name(root))
	var at []string
	for _, h := range s.Picture.Listening() {
		if one := h.Socket.Local.String(); !slices.Contains(at, one) {
			at = append(at, one)
		}
	}
	if len(at) > 0 {
		text += " listens on " + strings.Join(at, ", ")
	}
	closing := 0
	list := v.connections()
	for _, c := range list {
		if c.State == observe.CloseWait {
			closing++
		}
	}
	parts := []string{count(len(s.Picture.Live()), "process", "processes"), count(len(list), "connection", "connections")}
	if closing > 0 {
		parts = append(parts, fmt.Sprintf("%d in CLOSE_WAIT", closing))
	}
	return text + "; " + strings.Join(append(parts, count(len(s.Picture.Zombies()), "zombie", "zombies")), ", ")
}

// Notes say in sentences what could not be seen.
func (s Seen) Notes() []string {
	var list []string
	var hidden []string
	for _, p := range s.Picture.Processes {
		if p.Unreadable != nil {
			hidden = append(hidden, fmt.Sprint(p.ID.PID))
		}
	}
	if len(hidden) > 0 {
		list = append(list, fmt.Sprintf("/proc does not show the descriptors and calls of %s: run forkproof look as root, or as %s, to see them",
			numbered("process", "processes", hidden), owner(s.root().PID)))
	}
	if len(s.Picture.Listening()) == 0 && len(hidden) == 0 {
		list = append(list, "no process of it holds a listening TCP socket")
	}
	if !s.Asleep {
		list = append(list, "the processes ran during the look: what comes and goes is not told as wrong")
	}
	if s.Picture.Truncated {
		list = append(list, "there are more processes than one look reads")
	}
	return list
}

func numbered(one, many string, list []string) string {
	if len(list) == 1 {
		return one + " " + list[0]
	}
	return many + " " + strings.Join(list, ", ")
}

// count returns "1 process", "3 processes", "no zombie".
func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + one
	case 1:
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// command returns the command line of a process; nil when it has none, as a zombie.
func command(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}

// name returns the command line of a process, or its short name.
func name(p observe.Process) string {
	if args := command(p.ID.PID); len(args) > 0 {
		return report.Line(strings.Join(args, " "))
	}
	return report.Line(p.Name)
}

// owner names the user that a process runs as: "the user with uid 33".
func owner(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		if ids, found := strings.CutPrefix(line, "Uid:"); found && len(strings.Fields(ids)) > 0 {
			return "the user with uid " + strings.Fields(ids)[0]
		}
	}
	return "its own user"
}
