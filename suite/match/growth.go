package match

import (
	"fmt"

	"github.com/forkproof/forkproof/observe"
)

// tolerated is how many descriptors of other kinds than sockets a server may
// come to keep per hundred connections: runtimes pool pipes, and log files rotate.
const tolerated = 10

// NoGrowth matches a snapshot in which no process holds more descriptors of a
// kind than it did: at both steps a leak of sockets grows, however little, and
// a leak of another kind grows by more than one in ten connections.
func NoGrowth(before, half observe.Picture, connections int) Matcher {
	grown := func(s Snapshot) []growth {
		list := newHolders(before, half, s)
		for _, p := range s.Picture.Live() {
			first, ok := before.Find(p.ID)
			second, found := half.Find(p.ID)
			if !ok || !found {
				continue
			}
			a, b, c := census(first), census(second), census(p)
			for kind := range c {
				if leaks(kind, a[kind], b[kind], c[kind], connections) {
					list = append(list, growth{p, kind, a[kind], b[kind], c[kind]})
				}
			}
		}
		return list
	}
	return matcher{
		expected: "after the clients left, every process holds the descriptors that it held before they came",
		sight:    Descriptors,
		holds:    func(s Snapshot) bool { return len(grown(s)) == 0 },
		explain: func(s Snapshot) Finding {
			list := grown(s)
			if len(list) == 0 {
				return Finding{Found: "no growth"}
			}
			return list[0].finding(s, connections)
		},
	}
}

// newHolders are processes that came with the connections and hold some of
// them although every client has left.
func newHolders(before, half observe.Picture, s Snapshot) []growth {
	connected := func(p observe.Picture) (n int) {
		for _, q := range p.Live() {
			n += census(q)[observe.ConnectedSocket]
		}
		return n
	}
	first, second, third := connected(before), connected(half), connected(s.Picture)
	if !leaks(observe.ConnectedSocket, first, second, third, 1) {
		return nil
	}
	for _, p := range s.Picture.Live() {
		if _, old := before.Find(p.ID); !old && census(p)[observe.ConnectedSocket] > 0 {
			return []growth{{p, observe.ConnectedSocket, first, second, third}}
		}
	}
	return nil
}

func leaks(kind observe.Kind, before, half, after, connections int) bool {
	switch kind {
	case observe.ConnectedSocket, observe.ListeningSocket, observe.TCPSocket:
		return half > before && after > half
	}
	step := connections / tolerated
	return half-before > step && after-half > step
}

type growth struct {
	process             observe.Process
	kind                observe.Kind
	before, half, after int
}

func (g growth) finding(s Snapshot, connections int) Finding {
	f := Finding{
		Found: fmt.Sprintf("%s: after %d connections %d descriptors of kind %q are open, after %d it was %d, before %d",
			Role(s, g.process), 2*connections, g.after, g.kind, connections, g.half, g.before),
		Processes: []observe.ProcessID{g.process.ID},
		Diagnosis: "something that was opened for each connection is never closed",
	}
	if g.kind == observe.ConnectedSocket {
		f.Diagnosis = "the connected socket is not closed in this process"
	}
	for _, d := range g.process.Descriptors {
		if d.Kind == g.kind {
			f.Wrong = append(f.Wrong, Mark{Process: g.process.ID, FD: d.FD})
		}
	}
	return f
}

func census(p observe.Process) map[observe.Kind]int {
	count := map[observe.Kind]int{}
	for _, d := range p.Descriptors {
		count[d.Kind]++
	}
	return count
}
