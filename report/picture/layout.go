package picture

import "slices"

// Lengths in pixels, for text of 12 pixels in a font whose characters have one width.
const (
	charWidth  = 7.3
	lineHeight = 16.0
	padding    = 8.0
	gap        = 14.0 // between boxes of one column
	gutter     = 72.0 // between two columns, for the lines between their boxes
	margin     = 4.0
	tableSpace = 6.0  // above a descriptor table
	busWidth   = 12.0 // for the lines from one parent to its children
)

// longestLine is how many characters a line of a box may have.
const longestLine = 52

// A Rect is the place of a box.
type Rect struct{ X, Y, W, H float64 }

// A Box is a rectangle with lines of text.
type Box struct {
	Rect
	Class string
	Texts []Text
	// Rule is where the line above the descriptor table is; 0 when there is none.
	Rule float64
	// Marks are bands behind lines that are lit up.
	Marks []Band
}

// A Band is a rectangle with the class of a Mark.
type Band struct {
	Rect
	Class string
}

// A Text is a line of text.
type Text struct {
	X, Y  float64
	Class string
	Text  string
}

// A Link is a line from one box to another.
type Link struct {
	Class string
	Path  string
}

// A Layout says where everything of a scene is.
type Layout struct {
	W, H  float64
	Boxes []Box
	// Frames hold the boxes of processes that have one parent.
	Frames []Box
	Links  []Link
}

// Lay lays out a scene in columns from the left: clients, sockets, processes, and those
// that are drawn in frames. Lines run between the columns, and so never through a box.
func Lay(s Scene) Layout {
	l := layout{scene: s}
	l.widths()
	l.placeProcesses()
	l.placeFrames()
	l.placeSockets()
	l.placeClients()
	l.connect()
	return l.Layout
}

// A layout is a Layout in the making.
type layout struct {
	Layout
	scene Scene
	// The left edge and the width of each column.
	clients, sockets, processes, aside struct{ x, w float64 }

	process map[int]Box // by the place in scene.Processes; those not in frames
	socket  []Rect
	client  []Rect
	frame   map[family]Rect
	parents []int // PIDs of parents that are drawn
}

// widths finds the columns. A column without boxes takes no room.
func (l *layout) widths() {
	width := func(lines []string) float64 {
		n := 0
		for _, line := range lines {
			n = max(n, columns(line))
		}
		return float64(min(n, longestLine))*charWidth + 2*padding
	}
	for _, c := range l.scene.Clients {
		l.clients.w = max(l.clients.w, width(c.Lines))
	}
	for _, k := range l.scene.Sockets {
		l.sockets.w = max(l.sockets.w, width(k.Lines))
	}
	for i, p := range l.scene.Processes {
		if p.Aside {
			l.aside.w = max(l.aside.w, width(p.Lines))
			continue
		}
		l.processes.w = max(l.processes.w, width(p.Lines))
		for _, r := range p.Rows {
			l.processes.w = max(l.processes.w, width([]string{r.text()}))
		}
		if l.hasChildren(i) {
			l.parents = append(l.parents, p.PID)
		}
	}
	x := margin
	for _, column := range []*struct{ x, w float64 }{&l.clients, &l.sockets, &l.processes} {
		column.x = x
		if column.w > 0 {
			x += column.w + gutter
		}
	}
	l.aside.x = l.processes.x + l.processes.w + 2*busWidth + busWidth*float64(len(l.parents))
}

func (l *layout) hasChildren(i int) bool {
	pid := l.scene.Processes[i].PID
	return slices.ContainsFunc(l.scene.Processes, func(p Process) bool { return p.Parent == pid })
}

// columns returns how many characters wide a text is. Those of East Asian scripts
// take two.
func columns(text string) int {
	n := 0
	for _, r := range text {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// clip returns a line, or the beginning of one that is too long for a box.
func clip(line string) string {
	if columns(line) <= longestLine {
		return line
	}
	short := []rune(line)
	for columns(string(short)) >= longestLine-1 { // the ellipsis counts as two
		short = short[:len(short)-1]
	}
	return string(short) + "…"
}

// text is the row as one line, with a sign when it is wrong.
func (r Row) text() string {
	text := r.FD + "  " + r.What
	if r.Wrong {
		return "✗ " + text
	}
	return text
}

// grow makes the picture as large as to hold a rectangle.
func (l *layout) grow(r Rect) {
	l.W, l.H = max(l.W, r.X+r.W+margin), max(l.H, r.Y+r.H+margin)
}
