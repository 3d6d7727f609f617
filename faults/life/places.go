package life

import (
	"context"
	"strings"

	"github.com/forkproof/forkproof/observe/stack"
	"github.com/forkproof/forkproof/observe/stack/symbols"
	"github.com/forkproof/forkproof/observe/stack/unwind"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/life"
)

// mostPlaces bounds how many stacks are copied.
const mostPlaces = 256

// places find out where in the source of a server its calls are made.
type places struct {
	markers map[int]*stack.Marker // by process
	stacks  stack.Collection
	samples map[uint64]int // by mark
	at      map[int]uint64 // the mark of a step
}

func newPlaces() *places {
	return &places{markers: map[int]*stack.Marker{}, samples: map[uint64]int{}, at: map[int]uint64{}}
}

// look returns the mark of where a stopped thread is; 0 when that cannot be seen.
func (p *places) look(pid, tid int) uint64 {
	if p.markers[pid] == nil {
		p.markers[pid] = &stack.Marker{}
	}
	mark, err := p.markers[pid].Mark(pid, tid)
	if err != nil {
		return 0
	}
	if _, known := p.samples[mark]; known {
		return mark
	}
	if len(p.samples) == mostPlaces {
		return 0
	}
	sample, err := p.stacks.TakeStopped(pid, tid)
	if err != nil {
		sample = -1
	}
	p.samples[mark] = sample
	return mark
}

// name adds the places to the steps.
func (p *places) name(ctx context.Context, steps []life.Step) {
	defer p.stacks.Close()
	frames, _ := symbols.Resolve(ctx, &p.stacks) // on an error there are fewer
	for i, mark := range p.at {
		sample, known := p.samples[mark]
		if known && i < len(steps) && sample >= 0 && sample < len(frames) {
			steps[i].Place = placeOf(frames[sample])
		}
	}
}

// placeOf returns the innermost function that the author of the server wrote: of a Go
// program the packages of the standard library are on its stack, too.
func placeOf(frames []unwind.Frame) *report.Place {
	for _, f := range frames {
		if strings.HasPrefix(f.Function, "main.") {
			return &report.Place{File: f.File, Line: f.Line, Function: f.Function}
		}
	}
	if len(frames) == 0 || strings.Contains(frames[0].Function, "/") || strings.HasPrefix(frames[0].Function, "syscall.") {
		return nil
	}
	return &report.Place{File: frames[0].File, Line: frames[0].Line, Function: frames[0].Function}
}
