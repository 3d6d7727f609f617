package picture

import (
	"fmt"
	"slices"
	"strings"
)

// wireSpace is how many columns a wire takes, the line that joins a socket to its
// descriptors.
const wireSpace = 3

// Draw returns the picture of a scene as lines of at most width characters: the boxes
// of the processes, beside them a wire for each socket, and below them what the wires
// are. Where there are too many sockets for wires, their letters stand beside the
// descriptors. With ascii, the lines consist of ASCII as far as the evidence does.
func Draw(s Scene, width int, ascii bool) []string {
	d := drawing{scene: s, width: width, inner: longestLine}
	if room := width - 4 - wireSpace*len(s.Sockets); room >= shortestLine && len(s.Sockets) <= letters {
		d.wires, d.inner = true, min(d.inner, room)
	}
	for _, p := range s.Processes {
		if !p.Aside {
			d.process(p)
		}
	}
	d.families()
	d.drawWires()
	d.legend()
	if s.More > 0 {
		d.line(fmt.Sprintf("and %d more processes", s.More))
	}
	if ascii {
		for i, line := range d.lines {
			d.lines[i] = toASCII.Replace(line)
		}
	}
	return d.lines
}

// letters is how many sockets have names of one letter.
const letters = 26

// shortestLine is how many characters of a line remain beside the wires.
const shortestLine = 36

var toASCII = strings.NewReplacer("┌", "+", "┐", "+", "└", "+", "┘", "+", "├", "+", "┤", "+", "┼", "+", "─", "-", "│", "|",
	"✗", "x", "✝", "+", "–", "-", "…", "~")

// A drawing is a picture as text in the making.
type drawing struct {
	scene        Scene
	width, inner int
	wires        bool
	lines        []string
	joints       []joint
}

// A joint is a line of the drawing that refers to sockets.
type joint struct {
	line    int
	sockets []int
}

func (d *drawing) line(text string) { d.lines = append(d.lines, text) }

// rule draws a level line of a box.
func (d *drawing) rule(left, right string) {
	d.line(left + strings.Repeat("─", d.inner+2) + right)
}

// row draws a line of text in a box, open to the right when sockets are joined to it.
func (d *drawing) row(text string, sockets []int) {
	text = fit(text, d.inner)
	end := "│"
	if len(sockets) > 0 {
		end = "├"
		d.joints = append(d.joints, joint{len(d.lines), sockets})
	}
	d.line("│ " + text + strings.Repeat(" ", d.inner-runes(text)) + " " + end)
}

func runes(text string) int { return len([]rune(text)) }

// fit cuts a text to n characters.
func fit(text string, n int) string {
	if short := []rune(text); len(short) > n {
		return string(short[:n-1]) + "…"
	}
	return text
}

func (d *drawing) process(p Process) {
	d.rule("┌", "┐")
	for _, line := range p.Lines {
		d.row(line, nil)
	}
	if len(p.Rows) > 0 {
		d.rule("├", "┤")
	}
	for _, r := range p.Rows {
		sign := "  "
		if r.Wrong {
			sign = "✗ "
		}
		d.row(sign+r.FD+"  "+r.What, r.Sockets)
	}
	d.rule("└", "┘")
}

// families draws a box for the children of each parent that are drawn in a frame.
func (d *drawing) families() {
	var drawn []family
	for _, first := range d.scene.Processes {
		name := family{first.Parent, first.Dead}
		if !first.Aside || slices.Contains(drawn, name) {
			continue
		}
		drawn = append(drawn, name)
		d.rule("┌", "┐")
		d.row(fmt.Sprintf("children of %d: %s", first.Parent, name.title()), nil)
		for _, p := range d.scene.Processes {
			if p.Aside && name == (family{p.Parent, p.Dead}) {
				d.row("  "+strings.Join(slices.Delete(slices.Clone(p.Lines), 1, 2), ", "), nil)
			}
		}
		d.rule("└", "┘")
	}
}

// drawWires joins the rows to wires, one for each socket, from the first row that
// refers to it to the last.
func (d *drawing) drawWires() {
	if !d.wires {
		for _, j := range d.joints {
			names := make([]string, len(j.sockets))
			for i, at := range j.sockets {
				names[i] = letter(at)
			}
			d.lines[j.line] += "── " + fit(strings.Join(names, " "), max(d.width-d.inner-8, 1))
		}
		return
	}
	n := len(d.scene.Sockets)
	from, to := make([]int, n), make([]int, n)
	for _, j := range d.joints {
		for _, at := range j.sockets {
			if from[at] == 0 {
				from[at] = j.line
			}
			to[at] = j.line
		}
	}
	for y := range d.lines {
		i := slices.IndexFunc(d.joints, func(j joint) bool { return j.line == y })
		var sockets []int
		if i >= 0 {
			sockets = d.joints[i].sockets
		}
		d.lines[y] = strings.TrimRight(d.lines[y]+beside(y, sockets, from, to), " ")
	}
}

// beside returns what is right of the boxes in line y, where a row refers to sockets.
func beside(y int, sockets, from, to []int) string {
	last := -1
	if len(sockets) > 0 {
		last = slices.Max(sockets)
	}
	var b strings.Builder
	for at := range from {
		level := " "
		if at <= last {
			level = "─"
		}
		b.WriteString(strings.Repeat(level, wireSpace-1))
		switch through := from[at] < y && y < to[at]; {
		case slices.Contains(sockets, at):
			b.WriteString(letter(at))
		case through && at < last:
			b.WriteString("┼")
		case through:
			b.WriteString("│")
		default:
			b.WriteString(level)
		}
	}
	return b.String()
}

// letter names a socket: A to Z, then A1.
func letter(at int) string {
	name := string(rune('A' + at%letters))
	if at >= letters {
		name += fmt.Sprint(at / letters)
	}
	return name
}

// legend says what each socket is, and which client is at its other end.
func (d *drawing) legend() {
	for at, k := range d.scene.Sockets {
		text := letter(at) + "  " + strings.Join(k.Lines, " ")
		for _, c := range d.scene.Clients {
			if c.Socket == at {
				text += " ── " + strings.Join(slices.Delete(slices.Clone(c.Lines), 1, 2), ", ")
			}
		}
		d.line(fit(text, d.width))
	}
	for _, c := range d.scene.Clients {
		if c.Socket < 0 {
			d.line(fit(strings.Join(c.Lines, ", "), d.width))
		}
	}
}
