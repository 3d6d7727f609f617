package picture

import (
	"cmp"
	"slices"
)

// box returns a box with lines of text, the first of them as its title.
func box(x, y, w float64, class string, lines []string) Box {
	b := Box{Rect: Rect{x, y, w, 2*padding + lineHeight*float64(len(lines))}, Class: class}
	for i, line := range lines {
		style := ""
		if i == 0 {
			style = "title"
		}
		b.Texts = append(b.Texts, Text{x + padding, y + padding + lineHeight*(float64(i)+0.75), style, clip(line)})
	}
	return b
}

// add adds a box to the picture.
func (l *layout) add(b Box) {
	l.Boxes = append(l.Boxes, b)
	l.grow(b.Rect)
}

func (l *layout) placeProcesses() {
	l.process = map[int]Box{}
	y := margin
	for i, p := range l.scene.Processes {
		if p.Aside {
			continue
		}
		lines := slices.Clone(p.Lines)
		for _, r := range p.Rows {
			lines = append(lines, r.text())
		}
		b := box(l.processes.x, y, l.processes.w, "process", lines)
		for j, r := range p.Rows {
			text := &b.Texts[len(p.Lines)+j]
			text.Y += tableSpace
			switch {
			case r.Wrong:
				text.Class = "wrong"
			case r.Mark != Unmarked:
				text.Class = string(r.Mark)
				b.Marks = append(b.Marks, Band{Rect{b.X + 1, text.Y - lineHeight + 4, b.W - 2, lineHeight}, string(r.Mark)})
			}
		}
		if len(p.Rows) > 0 {
			b.H += tableSpace
			b.Rule = b.Texts[len(p.Lines)].Y - lineHeight + 1
		}
		switch p.Mark {
		case New:
			b.Class += " born"
		case Acts:
			b.Class += " acts"
		}
		l.process[i] = b
		l.add(b)
		y += b.H + gap
	}
}

// A family are the children of one parent that are drawn in one frame: its zombies, or
// others.
type family struct {
	parent int
	dead   bool
}

// title says what the processes of a family have in common.
func (f family) title() string {
	if f.dead {
		return "ended, and never waited for"
	}
	return "their descriptors are not shown"
}

// framed is how many boxes are beside each other in a frame.
const framed = 2

// placeFrames places the families beside their parents.
func (l *layout) placeFrames() {
	l.frame = map[family]Rect{}
	y := margin
	for _, first := range l.scene.Processes {
		name := family{first.Parent, first.Dead}
		if _, placed := l.frame[name]; placed || !first.Aside {
			continue
		}
		var list []Process
		for _, p := range l.scene.Processes {
			if p.Aside && name == (family{p.Parent, p.Dead}) {
				list = append(list, p)
			}
		}
		if parent, drawn := l.parentOf(first); drawn {
			y = max(y, parent.Y)
		}
		frame := l.addFrame(y, list)
		l.Frames = append(l.Frames, frame)
		l.frame[name] = frame.Rect
		l.grow(frame.Rect)
		y += frame.H + gap
	}
}

// addFrame returns a frame, and adds the boxes in it.
func (l *layout) addFrame(y float64, list []Process) Box {
	title, class := family{dead: list[0].Dead}.title(), "frame"
	if list[0].Dead {
		class = "frame dead"
	}
	f := box(l.aside.x, y, 0, class, []string{title})
	across := float64(min(len(list), framed))
	f.W = max(across*(l.aside.w+padding)+padding, float64(columns(title))*charWidth+2*padding)
	top := y + f.H - padding/2
	for row := range slices.Chunk(list, framed) {
		highest := 0.0
		for i, p := range row {
			class := "process"
			if p.Dead {
				class = "zombie"
			}
			b := box(f.X+padding+float64(i)*(l.aside.w+padding), top, l.aside.w, class, p.Lines)
			l.add(b)
			highest = max(highest, b.H)
		}
		top += highest + padding
	}
	f.H = top - y
	return f
}

// parentOf returns the box of a process's parent, if it is drawn.
func (l *layout) parentOf(p Process) (Box, bool) {
	for i, other := range l.scene.Processes {
		if other.PID == p.Parent && !other.Aside {
			return l.process[i], true
		}
	}
	return Box{}, false
}

// A wish is a box that would like to be at a height.
type wish struct {
	at     int
	y      float64
	height float64
}

// stack returns where the boxes of a column are: as near to where they would like to
// be as they can without overlap, in that order.
func stack(wishes []wish) map[int]float64 {
	slices.SortStableFunc(wishes, func(a, b wish) int { return cmp.Compare(a.y, b.y) })
	places := map[int]float64{}
	free := margin
	for _, w := range wishes {
		places[w.at] = max(w.y, free)
		free = places[w.at] + w.height + gap
	}
	return places
}

// placeSockets places each socket beside the first descriptor that refers to it.
func (l *layout) placeSockets() {
	wishes := make([]wish, len(l.scene.Sockets))
	for i, k := range l.scene.Sockets {
		wishes[i] = wish{i, margin, 2*padding + lineHeight*float64(len(k.Lines))}
		l.eachHolder(i, func(process, row int) {
			if wishes[i].y == margin {
				wishes[i].y = max(margin, l.rowY(process, row)-wishes[i].height/2)
			}
		})
	}
	places := stack(wishes)
	l.socket = make([]Rect, len(l.scene.Sockets))
	for i, k := range l.scene.Sockets {
		class := "connection"
		if k.Listening {
			class = "listening"
		}
		if k.Wrong {
			class += " bad"
		}
		b := box(l.sockets.x, places[i], l.sockets.w, class, k.Lines)
		l.socket[i] = b.Rect
		l.add(b)
	}
}

// eachHolder calls f for each row that refers to a socket.
func (l *layout) eachHolder(socket int, f func(process, row int)) {
	for i, p := range l.scene.Processes {
		for j, r := range p.Rows {
			if slices.Contains(r.Sockets, socket) {
				f(i, j)
			}
		}
	}
}

// rowY returns the height of the middle of a row.
func (l *layout) rowY(process, row int) float64 {
	return l.process[process].Texts[len(l.scene.Processes[process].Lines)+row].Y - lineHeight/4
}

// placeClients places each client beside its connection.
func (l *layout) placeClients() {
	wishes := make([]wish, len(l.scene.Clients))
	for i, c := range l.scene.Clients {
		wishes[i] = wish{i, margin, 2*padding + lineHeight*float64(len(c.Lines))}
		if c.Socket >= 0 {
			k := l.socket[c.Socket]
			wishes[i].y = k.Y + k.H/2 - wishes[i].height/2
		}
	}
	places := stack(wishes)
	for i, c := range l.scene.Clients {
		b := box(l.clients.x, places[i], l.clients.w, "client", c.Lines)
		if c.Wrong {
			b.Class += " bad"
			b.Texts[len(b.Texts)-1].Class = "wrong"
		}
		l.client = append(l.client, b.Rect)
		l.add(b)
	}
}
