package evidence

import (
	"context"
	"slices"
	"sync"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/stack"
	"github.com/forkproof/forkproof/observe/stack/symbols"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// mostTaken is how many processes of one finding are looked into.
const mostTaken = 4

// Places are the stacks of processes in evidence, which Name turns into places.
// Several goroutines may use them at once. The zero value is empty.
type Places struct {
	stacks stack.Collection

	mu   sync.Mutex
	rows map[int]*report.Process // by the place of the sample
}

// Take copies the stacks of the blocked processes of a finding: first of those that it
// is about, parents before their children. It stops each of them for a moment: call it
// when the verdict stands.
func (p *Places) Take(f match.Finding, e *report.Evidence) {
	if f.Snapshot == nil || e == nil {
		return
	}
	left := mostTaken
	for _, concerned := range []bool{true, false} {
		for i := range e.Processes {
			row := &e.Processes[i]
			id := observe.ProcessID{PID: row.PID, Start: row.Start}
			if row.Call == nil || left == 0 || slices.Contains(f.Processes, id) != concerned {
				continue
			}
			left--
			p.take(f.Snapshot.Picture, id, row)
		}
	}
}

func (p *Places) take(picture observe.Picture, id observe.ProcessID, row *report.Process) {
	i := slices.IndexFunc(picture.Processes, func(q observe.Process) bool { return q.ID == id })
	if i < 0 {
		return
	}
	place, err := p.stacks.Take(picture.Processes[i])
	if err != nil {
		return // it has no frames then: the verdict does not rest on them
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows == nil {
		p.rows = map[int]*report.Process{}
	}
	p.rows[place] = row
}

// Name adds the frames to all evidence whose stacks were taken, as far as they can be
// known, and forgets the stacks.
func (p *Places) Name(ctx context.Context) {
	defer p.Close()
	frames, _ := symbols.Resolve(ctx, &p.stacks) // on an error there are fewer
	p.mu.Lock()
	defer p.mu.Unlock()
	for place, list := range frames {
		row, known := p.rows[place]
		if !known {
			continue
		}
		for _, f := range list {
			row.Frames = append(row.Frames, report.Place{File: f.File, Line: f.Line, Function: f.Function})
		}
	}
}

// Close forgets the stacks.
func (p *Places) Close() {
	p.stacks.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = nil
}
