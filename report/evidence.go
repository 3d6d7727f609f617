package report

import (
	"fmt"
	"strings"
)

// What is shown of long evidence, unless the page is full. The result file
// holds all of it.
const (
	descriptorsShown = 16
	outputShown      = 12
)

// evidence prints what the kernel and the clients have shown.
func (p *page) evidence(e *Evidence) {
	if e == nil || len(e.Processes)+len(e.Clients) == 0 && e.Output == "" {
		return
	}
	p.one(cell{"  Evidence", dim})
	p.processes(e.Processes)
	for _, c := range e.Clients {
		p.line(4, fmt.Sprintf("%s  sent %s  received %s  %s", c.Address, byteCount(c.Sent), byteCount(c.Received), c.End))
	}
	p.output(e.Output)
}

func byteCount(n int64) string { return plural(int(n), "byte") }

// processes prints the processes, zombies of one parent together.
func (p *page) processes(list []Process) {
	for i := 0; i < len(list); i++ {
		if list[i].State != zombie {
			p.process(list[i], list)
			continue
		}
		pids := []string{own(list[i])}
		for i+1 < len(list) && list[i+1].State == zombie && list[i+1].Parent == list[i].Parent {
			i++
			pids = append(pids, own(list[i]))
		}
		word := zombie
		if len(pids) > 1 {
			word += "s"
		}
		p.line(4, fmt.Sprintf("%s %s, parent %s", strings.Join(pids, ", "), word, bothIDs(list[i].Parent, list[i].ParentInside)))
	}
}

// zombie is the state of a process that has ended and that its parent has not
// waited for.
const zombie = "zombie"

// own returns the id of a process, and the one that the process itself sees.
func own(q Process) string { return bothIDs(q.PID, q.PIDInside) }

// bothIDs returns a process id, and the one inside the server's pid namespace if it
// is another one.
func bothIDs(pid, inside int) string {
	if inside == 0 || inside == pid {
		return fmt.Sprint(pid)
	}
	return fmt.Sprintf("%d (its pid %d)", pid, inside)
}

// process prints one process and its descriptors.
func (p *page) process(q Process, all []Process) {
	parts := []string{relation(q, all)}
	if q.Role != "" {
		parts = append(parts, q.Role)
	}
	switch {
	case q.Blocked == "":
		parts = append(parts, q.State)
	case len(q.Frames) == 0:
		parts = append(parts, q.State+" in "+q.Blocked)
	default:
		parts = append(parts, q.State+" in "+q.Blocked+", called from "+q.Frames[0].String())
	}
	if q.SIGCHLD != "" {
		parts = append(parts, "SIGCHLD "+q.SIGCHLD)
	}
	p.line(4, strings.Join(parts, "  "))
	p.descriptors(q.Descriptors)
}

// relation names a process by its relation to the others.
func relation(q Process, all []Process) string {
	isParent := false
	for _, other := range all {
		if other.PID == q.Parent {
			if own(q) == fmt.Sprint(q.PID) {
				return fmt.Sprintf("child %d (of %d)", q.PID, q.Parent)
			}
			return fmt.Sprintf("child %d (its pid %d, of %d)", q.PID, q.PIDInside, q.Parent)
		}
		isParent = isParent || other.Parent == q.PID
	}
	if isParent {
		return "parent " + own(q)
	}
	return "process " + own(q)
}

// descriptors prints a descriptor table and marks the wrong ones. Of a long table
// it prints the wrong ones and as many others as there is room for.
func (p *page) descriptors(list []Descriptor) {
	room := len(list)
	if !p.full && room > descriptorsShown {
		room = descriptorsShown
	}
	wrong := 0
	for _, d := range list {
		if d.Wrong {
			wrong++
		}
	}
	others := max(room-wrong, 0) // of those that are not wrong, so many are shown
	shown := 0
	for _, d := range list {
		switch {
		case d.Wrong && shown < room:
			p.one(cell{"    > " + descriptor(d), red})
		case !d.Wrong && others > 0:
			others--
			p.one(cell{text: "      " + descriptor(d)})
		default:
			continue
		}
		shown++
	}
	if left := len(list) - shown; left > 0 {
		p.line(6, fmt.Sprintf("… %d more", left))
	}
}

func descriptor(d Descriptor) string { return fmt.Sprintf("FD %d  %s", d.FD, d.What) }

// output quotes the last lines that the server wrote.
func (p *page) output(text string) {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if left := len(lines) - outputShown; left > 0 && !p.full {
		lines = lines[left:]
	}
	p.line(4, "the last lines of the server's output:")
	for _, line := range lines {
		for _, piece := range chop(p.plain(strings.ReplaceAll(line, "\t", "    ")), p.width()-6) {
			p.one(cell{text: "    | " + piece})
		}
	}
}
