package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say what a Text prints, and how.
type Options struct {
	Style
	// Verbose adds how long each requirement took, the steps of those that passed,
	// and all of the evidence.
	Verbose bool
	// Quiet prints only what failed or could not be judged, one line each, and the
	// verdict.
	Quiet bool
	// Server names what is judged, in place of its command; empty for the command.
	InFull []string
	// Draw draws evidence as lines of at most width characters, for a verbose text; nil
	// draws nothing.
	Draw func(e *Evidence, width int, ascii bool) []string
	// Live keeps a status line at the bottom of a terminal while a run lasts.
	Live bool
}

// A Text prints the progress and the result of a run for a person. Its methods may
// be called from any goroutine.
type Text struct {
	o Options

	mu      sync.Mutex
	w       io.Writer
	err     error
	chapter string
	printed map[string]bool
	status  status
}

// NewText returns a Text that writes to w.
func NewText(w io.Writer, o Options) *Text {
	o.Live = o.Live && !o.Quiet
	return &Text{o: o, w: w, printed: map[string]bool{}, status: status{now: time.Now}}
}

// Begin prints which server is going to be judged, and how. The total is the number
// of requirements selected, for the status line; 0 if it is not known.
func (t *Text) Begin(tool Tool, target Target, env Environment, total int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.total = total
	if !t.o.Quiet {
		p := t.page()
		p.line(0, strings.TrimSpace("forkproof "+tool.Version)+" judges "+target.Name())
		isolation := env.Isolation
		if env.IsolationReason != "" {
			isolation += " (" + env.IsolationReason + ")"
		}
		speaks := target.Protocol
		if target.Dialogue != nil {
			speaks += " (" + Line(target.Dialogue.String()) + ")"
		}
		p.line(2, fmt.Sprintf("model %s, protocol %s, isolation: %s, seed %d", target.Model, speaks, isolation, env.Seed))
		for _, clause := range target.Learnt {
			p.line(2, "learnt: "+Line(clause))
		}
		t.put(p)
	}
	if t.o.Live {
		t.status.start(t.tick)
	}
}

// RequirementStarted shows a requirement in the status line.
func (t *Text) RequirementStarted(id, _ string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.begin(id)
	t.put(t.page())
}

// RequirementDone tells one verdict. End tells what was not run, all of it together.
func (t *Text) RequirementDone(r Requirement) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.done()
	p := t.page()
	if t.o.Verbose && r.Verdict != NotRun {
		t.requirement(p, r)
	}
	t.put(p)
}

// requirement prints the line of a requirement, and what belongs under it.
func (t *Text) requirement(p *page, r Requirement) {
	t.printed[r.ID] = true
	chapter, _ := splitID(r.ID)
	if chapter != t.chapter {
		t.chapter = chapter
		p.heading(chapter)
	}
	p.verdict(r)
}

// End prints what was found: the chapters in a line each, what to mend first, the
// counts, and last the verdict of the run in one line. When the text is verbose, it
// prints everything instead of the chapters. The error is that of the first write that
// failed.
func (t *Text) End(r Result) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.stop()
	p := t.page()
	switch {
	case t.o.Quiet:
		p.quiet(r)
	case t.o.Verbose:
		t.rest(p, r.Requirements)
		p.details(r)
	default:
		p.blank()
		p.chapters(r)
	}
	if !t.o.Quiet {
		t.inFull(p, r)
		p.start(r)
		p.grade(r.Grade)
		p.blank()
		p.design(r)
		p.counts(r)
	}
	p.outcome(r)
	t.put(p)
	return t.err
}

// inFull prints all about the requirements that a person has asked for by their IDs.
func (t *Text) inFull(p *page, r Result) {
	if t.o.Verbose {
		return
	}
	for _, q := range r.Requirements {
		if slices.Contains(t.o.InFull, q.ID) && q.FixFirst == "" {
			p.blank()
			p.detail(q)
		}
	}
}

// rest prints the requirements that RequirementDone has not.
func (t *Text) rest(p *page, all []Requirement) {
	var notRun []Requirement
	for _, r := range all {
		switch {
		case t.printed[r.ID]:
		case r.Verdict == NotRun:
			notRun = append(notRun, r)
		default:
			t.requirement(p, r)
		}
	}
	if len(notRun) == 0 {
		return
	}
	p.blank()
	for len(notRun) > 0 {
		reason := notRun[0].Found
		same := func(r Requirement) bool { return r.Found == reason }
		p.notRun(slices.DeleteFunc(slices.Clone(notRun), func(r Requirement) bool { return !same(r) }))
		notRun = slices.DeleteFunc(notRun, same)
	}
}

// Stop removes the status line of a run that ends without End. It may be called at
// any time, more than once.
func (t *Text) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.status.stop()
	t.put(t.page())
}

// tick updates the status line.
func (t *Text) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.put(t.page())
}

func (t *Text) page() *page { return &page{Style: t.o.Style, full: t.o.Verbose, draw: t.o.Draw} }

// put writes a page above the status line.
func (t *Text) put(p *page) {
	text := t.status.erase() + p.b.String() + t.status.draw(t.o.Style)
	if text == "" || t.err != nil {
		return
	}
	if _, err := io.WriteString(t.w, text); err != nil {
		t.err = fmt.Errorf("write the report: %w", err)
	}
}

// Chapter returns the chapter that the requirement belongs to.
func (q Requirement) Chapter() string {
	chapter, _ := splitID(q.ID)
	return chapter
}

// splitID splits a requirement's ID into chapter and slug.
func splitID(id string) (chapter, slug string) {
	chapter, slug, found := strings.Cut(id, "/")
	if !found {
		return "", id
	}
	return chapter, slug
}
