package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/suite/model"
)

// manyHeld is how many clients are held at once to see which design a server has.
const manyHeld = 20

// fullBacklog is how long a client that is not connected is waited for when nothing else
// changes: the kernel tries again a second after it has dropped a SYN.
const fullBacklog = time.Second

// A design is which model a server turned out to have; err says why that is not known.
type design struct {
	verdict model.Verdict
	err     error
}

// A NeverListened says that a server came to listen on no port.
type NeverListened struct{ Found string }

func (e *NeverListened) Error() string { return e.Found }

// Design returns which model the server has. It is seen once in a run, on a server of its
// own, to which clients connect that say nothing.
func (r *Run) Design(ctx context.Context) (model.Verdict, error) {
	r.designing.Do(func() {
		v, err := r.classify(ctx)
		r.design.Store(&design{v, err})
	})
	d := r.design.Load()
	return d.verdict, d.err
}

// Told is Design in the report's terms.
func (r *Run) Told(ctx context.Context) (report.Design, error) {
	v, err := r.Design(ctx)
	return told(v), err
}

func told(v model.Verdict) report.Design {
	return report.Design{
		Schema: report.DesignSchema, Model: v.Model, Pool: v.Pool, Sockets: v.Queues, Sure: v.Sure,
		Judge: string(Config{Model: Auto}.fits(v).Model), Evidence: v.Evidence, Surer: v.Surer,
	}
}

// tellDesign adds to a result which model the server has, if that was looked at; one that
// is judged by what it turns out to be is judged by that.
func (r *Run) tellDesign(res *report.Result) {
	d := r.design.Load()
	if d == nil || d.err != nil {
		return
	}
	design := told(d.verdict)
	res.Design = &design
	res.Target.Model = string(r.config.fits(d.verdict).Model)
}

func (r *Run) classify(ctx context.Context) (v model.Verdict, err error) {
	limited, free := r.withinLimit(ctx)
	defer free()
	c := &Case{run: r, config: r.config, ctx: limited}
	c.config.Protocol, c.config.Greeting, c.config.Model = Silent, "", AnyModel
	c.config.Limits.Grace = fullBacklog
	defer c.cleanUp()
	o := attempt(func() { v = model.Judge(c.start().crowd()) })
	switch {
	case o.verdict == report.Pass:
		return v, nil
	case o.shortfall:
		return v, &NeverListened{o.finding.Found}
	}
	return v, errors.New(o.finding.Found)
}

// crowd connects clients that say nothing, the first alone and the second beside it, and
// returns what is seen when all are there. Where the kernel takes no more of them before
// the server accepts, there are fewer.
func (s *Server) crowd() model.Seen {
	for i := range manyHeld {
		one := s.Dial()
		if !s.Reaches(match.Connected(one)) {
			one.Reset() // the backlog is full: it would try again and again
			break
		}
		if i < 2 {
			s.Rest()
		} else {
			s.Settles(match.Accepted(one)) // lest the backlog be full
		}
	}
	var snapshot match.Snapshot
	var why ending
	for range manyHeld { // it may greet each client
		snapshot, why = s.wait.awaitWithin(s.wait.learnt.sleepLimits(s.wait.limits), match.Never("the server sleeps"), whenAsleep)
		if why != unaskedFor {
			break
		}
	}
	s.view.mustHoldAll(snapshot)
	return model.Seen{Snapshot: snapshot, Executed: executed(snapshot), Watched: watched(snapshot), Restless: !why.sleeps() && why != asleep && why != allGone}
}

// executed returns the processes that have executed a program since a process that listens
// forked them. Each execve(2) gives a process an auxiliary vector with addresses drawn at
// random, and fork(2) copies it.
func executed(s match.Snapshot) map[observe.ProcessID]bool {
	list := map[observe.ProcessID]bool{}
	var parents [][]byte
	for _, p := range s.Listeners() {
		if vector, err := observe.AuxiliaryVector(p.ID); err == nil {
			parents = append(parents, vector)
		}
	}
	for _, id := range s.Children() {
		vector, err := observe.AuxiliaryVector(id)
		copied := slices.ContainsFunc(parents, func(parent []byte) bool { return bytes.Equal(vector, parent) })
		if err == nil && len(parents) > 0 && !copied {
			list[id] = true
		}
	}
	return list
}

// watched returns what the epoll instances that threads sleep on wait for.
func watched(s match.Snapshot) map[match.Mark][]int {
	list := map[match.Mark][]int{}
	for _, p := range s.Picture.Live() {
		for _, t := range p.Tasks {
			fd, one := t.Call.FD()
			if !one || !strings.HasPrefix(t.Call.Name, "epoll_") {
				continue
			}
			if interest, err := observe.Interest(p.ID, fd); err == nil {
				list[match.Mark{Process: p.ID, FD: fd}] = interest
			}
		}
	}
	return list
}

// learns says whether a server is judged by a model only once its design is known.
func (m Model) learns() bool { return m != Forking && m != AnyModel }

// fitted returns the config as the server's design has it.
func (r *Run) fitted(ctx context.Context) Config {
	if !r.config.Model.learns() {
		return r.config
	}
	v, err := r.Design(ctx)
	if err != nil {
		v = model.Verdict{}
	}
	return r.config.fits(v)
}

// Design returns which model the server has.
func (c *Case) Design() model.Verdict {
	v, err := c.run.Design(c.ctx)
	var silent *NeverListened
	switch {
	case errors.As(err, &silent):
		c.FallShort(match.Finding{Expected: "the server comes to listen on a TCP port", Found: silent.Found})
	case err != nil:
		c.checkMachine()
		c.CannotJudge("which model the server has could not be seen: %v", err)
	}
	return v
}

// excluded says why a requirement does not apply to the model that the server is judged
// by; empty when it does.
func (c Config) excluded(r Requirement) string {
	switch {
	case !r.covers(c.Model) && len(r.Models) == 1:
		return fmt.Sprintf("applies to --model %s only", r.Models[0])
	case !r.covers(c.Model):
		return fmt.Sprintf("does not apply to --model %s: %s", c.Model, traits[c.Model])
	case c.fit.spread && !r.covers(Iterative):
		return "the kernel deals the clients out to several sockets on one port (SO_REUSEPORT): which of them wait for each other is chance"
	}
	return ""
}

// A fit is what the design of a server says about how it is judged.
type fit struct {
	// atOnce is how many clients it serves at once at most; 0 when that is not known.
	atOnce int
	// spread says that which clients it serves at once is chance.
	spread bool
}

// few is how many clients at once a spec may need beside those that it asks for: a
// smaller pool is judged with one client at a time.
const few = 4

// fits returns the config for a server of a design.
func (c Config) fits(d model.Verdict) Config {
	if c.Model == Auto {
		c.Model = AnyModel
		if d.Sure {
			c.Model = FamilyOf(d.Model)
		}
	}
	switch {
	case c.Model == Iterative:
		c.fit.atOnce = 1
	case c.Model == Prefork && d.Queues > 1:
		c.fit = fit{atOnce: 1, spread: true}
	case (c.Model == Prefork || c.Model == Threads) && FamilyOf(d.Model) == c.Model:
		c.fit.atOnce = d.Pool
	}
	return c
}

// FamilyOf returns the model that a server of a design is judged by.
func FamilyOf(design string) Model {
	switch design {
	case model.Iterative:
		return Iterative
	case model.Forking, model.DoubleFork, model.Exec:
		return Forking
	case model.Prefork:
		return Prefork
	case model.Threads, model.ThreadPool:
		return Threads
	case model.Select, model.Poll, model.Epoll:
		return Event
	}
	return AnyModel
}

// UpTo returns how many of n clients the server may be asked to serve at once: a pool is
// judged up to its size.
func (c *Case) UpTo(n int) int {
	if most := c.config.fit.atOnce; most > 0 && most < n {
		c.Did("%d clients at once, as its pool serves no more", most)
		return most
	}
	return n
}

// crowded says whether the server serves fewer than n clients at once.
func (c *Case) crowded(n int) bool {
	return c.alone || c.config.fit.atOnce > 0 && n > c.config.fit.atOnce
}

// Likeness says, to be added to a finding, which model the server has when that is known
// and is not the one that it is judged by; else "".
func (c *Case) Likeness() string {
	v, err := c.run.Design(c.ctx)
	if err != nil || !v.Sure || FamilyOf(v.Model) == c.config.Model {
		return ""
	}
	return fmt.Sprintf(": it looks like %s server (%s)", WithArticle(v.Model), FlagFor(FamilyOf(v.Model)))
}

// Model returns the model that the server is judged by.
func (c *Case) Model() Model { return c.config.Model }

// FlagFor returns the flag that judges a server by a model.
func FlagFor(m Model) string { return "--model " + string(m) }

// WithArticle returns a model as words of a sentence: "a threads", "an iterative".
func WithArticle(design string) string {
	if strings.ContainsAny(design[:1], "aeio") {
		return "an " + design
	}
	return "a " + design
}
