package picture

import (
	"fmt"
	"slices"
)

// connect draws the lines: from clients to connections, from sockets to descriptors,
// and from parents to children.
func (l *layout) connect() {
	for i, c := range l.scene.Clients {
		if c.Socket >= 0 {
			l.curve("", l.client[i].right(), l.socket[c.Socket].left())
		}
	}
	for i := range l.scene.Sockets {
		l.eachHolder(i, func(process, row int) {
			class := ""
			if l.scene.Processes[process].Rows[row].Wrong {
				class = "bad"
			}
			l.curve(class, l.socket[i].right(), point{l.process[process].X, l.rowY(process, row)})
		})
	}
	l.forks()
}

type point struct{ x, y float64 }

// left and right are the middles of the sides of a box.
func (r Rect) left() point  { return point{r.X, r.Y + r.H/2} }
func (r Rect) right() point { return point{r.X + r.W, r.Y + r.H/2} }

// curve draws a line from the right side of a box to the left side of another, with
// level ends.
func (l *layout) curve(class string, from, to point) {
	middle := (from.x + to.x) / 2
	l.Links = append(l.Links, Link{class, fmt.Sprintf("M%.0f %.0fC%.0f %.0f %.0f %.0f %.0f %.0f",
		from.x, from.y, middle, from.y, middle, to.y, to.x, to.y)})
}

// headY is how far below the top of its box a process is joined to its parent.
const headY = padding + lineHeight/2

// forks draws the lines from parents to children, right of the processes: those of
// each parent in a lane of their own.
func (l *layout) forks() {
	for i, p := range l.scene.Processes {
		if p.Aside {
			continue
		}
		parent, drawn := l.parentOf(p)
		if !drawn {
			continue
		}
		child := l.process[i]
		edge := child.X + child.W
		l.fork(fmt.Sprintf("M%.0f %.0fH%.0fV%.0fH%.0f", edge, parent.Y+headY, l.lane(p.Parent), child.Y+headY, edge))
	}
	for _, pid := range l.parents {
		parent, drawn := l.parentOf(Process{Parent: pid})
		for _, dead := range []bool{false, true} {
			if frame, found := l.frame[family{pid, dead}]; found && drawn {
				l.fork(fmt.Sprintf("M%.0f %.0fH%.0fV%.0fH%.0f",
					parent.X+parent.W, parent.Y+headY, l.lane(pid), frame.Y+headY, frame.X))
			}
		}
	}
}

func (l *layout) fork(path string) {
	l.Links = append(l.Links, Link{"fork", path})
}

// lane returns where the lines of a parent go up and down.
func (l *layout) lane(pid int) float64 {
	x := l.processes.x + l.processes.w + busWidth*float64(1+slices.Index(l.parents, pid))
	l.W = max(l.W, x+margin)
	return x
}
