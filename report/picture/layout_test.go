package picture

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/forkproof/forkproof/report"
)

// Whatever the evidence holds, no two boxes overlap, every text is inside its box, and
// every box inside the picture.
func TestNothingOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scene := From(anyEvidence(t))
		l := Lay(scene)
		for i, b := range l.Boxes {
			if !inside(b.Rect, Rect{0, 0, l.W, l.H}) {
				t.Fatalf("box %q at %v is outside of the picture, %v × %v", title(b), b.Rect, l.W, l.H)
			}
			checkTexts(t, b)
			for _, other := range l.Boxes[:i] {
				if overlap(b.Rect, other.Rect) {
					t.Fatalf("boxes %q and %q overlap: %v, %v", title(b), title(other), b.Rect, other.Rect)
				}
			}
		}
		checkFrames(t, l)
		if want := joints(scene); countLinks(l) != want {
			t.Fatalf("%d lines, want %d", countLinks(l), want)
		}
	})
}

func checkTexts(t *rapid.T, b Box) {
	for i, text := range b.Texts {
		right := text.X + charWidth*float64(columns(text.Text))
		if text.X < b.X || right > b.X+b.W || text.Y-lineHeight/2 < b.Y || text.Y > b.Y+b.H {
			t.Fatalf("text %q from %v to %v is outside of its box, %v", text.Text, text.X, right, b.Rect)
		}
		if i > 0 && text.Y < b.Texts[i-1].Y+lineHeight {
			t.Fatalf("texts %q and %q overlap", b.Texts[i-1].Text, text.Text)
		}
	}
}

// A frame holds boxes whole, and no two frames overlap.
func checkFrames(t *rapid.T, l Layout) {
	for i, f := range l.Frames {
		for _, other := range l.Frames[:i] {
			if overlap(f.Rect, other.Rect) {
				t.Fatalf("frames overlap: %v, %v", f.Rect, other.Rect)
			}
		}
		for _, b := range l.Boxes {
			if overlap(b.Rect, f.Rect) && !inside(b.Rect, f.Rect) {
				t.Fatalf("box %q at %v is partly in the frame %v", title(b), b.Rect, f.Rect)
			}
		}
	}
}

func title(b Box) string { return b.Texts[0].Text }

func overlap(a, b Rect) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func inside(a, b Rect) bool {
	return a.X >= b.X && a.Y >= b.Y && a.X+a.W <= b.X+b.W && a.Y+a.H <= b.Y+b.H
}

// joints returns how many lines join sockets to descriptors and clients.
func joints(s Scene) int {
	n := 0
	for _, c := range s.Clients {
		if c.Socket >= 0 {
			n++
		}
	}
	for _, p := range s.Processes {
		for _, r := range p.Rows {
			n += len(r.Sockets)
		}
	}
	return n
}

func countLinks(l Layout) int {
	n := 0
	for _, k := range l.Links {
		if k.Class != "fork" {
			n++
		}
	}
	return n
}

// anyEvidence draws processes, descriptors and clients.
func anyEvidence(t *rapid.T) *report.Evidence {
	var e report.Evidence
	word := rapid.StringOf(rapid.RuneFrom([]rune("ab ,漢é-")))
	for i := range rapid.IntRange(0, 40).Draw(t, "processes") {
		p := report.Process{
			PID: 100 + i, Parent: rapid.IntRange(99, 100+i).Draw(t, "parent"), Role: word.Draw(t, "role"),
			State: rapid.SampledFrom([]string{zombie, "sleeping"}).Draw(t, "state"), PIDInside: rapid.IntRange(0, 9).Draw(t, "inside"),
		}
		if p.State != zombie {
			p.Descriptors = anyTable(t, word)
		}
		e.Processes = append(e.Processes, p)
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "clients") {
		c := report.Client{Name: fmt.Sprintf("client %d", i), Address: word.Draw(t, "address"), End: "open"}
		if rapid.Bool().Draw(t, "wrong reply") {
			c.Wrong = &report.Wrong{Got: strings.Repeat("x", 100)}
		}
		e.Clients = append(e.Clients, c)
	}
	return &e
}

func anyTable(t *rapid.T, word *rapid.Generator[string]) []report.Descriptor {
	var table []report.Descriptor
	for fd := range rapid.IntRange(0, 40).Draw(t, "descriptors") {
		d := report.Descriptor{
			FD: fd, What: word.Draw(t, "what"), Wrong: rapid.Bool().Draw(t, "wrong"),
			Kind: rapid.SampledFrom([]string{listening, connected, connected, "pipe", ""}).Draw(t, "kind"),
		}
		if d.Kind == listening || d.Kind == connected {
			d.Object = uint64(rapid.IntRange(0, 60).Draw(t, "object"))
			d.Client = fmt.Sprintf("client %d", d.Object)
		}
		table = append(table, d)
	}
	return table
}
