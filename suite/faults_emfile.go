package suite

import (
	"context"
	"fmt"
	"time"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

const emfileProvoked = "a client is served and stays; RLIMIT_NOFILE of the processes that listen is set to their lowest free descriptor (prlimit); "

var _ = Require(Requirement{
	ID: "faults/accept-emfile", Level: report.Should,
	Title:    "survives running out of descriptors, and serves when they come back",
	Rule:     "accept fails with EMFILE at the limit on open descriptors, which passes as soon as a client leaves",
	Why:      "the most frequent way for a busy server to end",
	Source:   "accept(2), EMFILE; getrlimit(2), RLIMIT_NOFILE",
	Provoked: emfileProvoked + "a second connects and cannot be accepted; the limit is put back, the first leaves, a third connects",
	Hint:     "log it, pause for a moment and call accept again; or keep a spare descriptor to accept and drop the client with",
}, func(c *Case) {
	s := c.Launch()
	s.outOfDescriptors(func() {})
})

var _ = Require(Requirement{
	ID: "faults/accept-emfile-idle", Level: report.Should,
	Title:    "uses no processor time while it is out of descriptors",
	Rule:     "a client that cannot be accepted stays queued, and its socket stays readable: accept and poll return at once, again and again",
	Why:      "the server then takes a whole processor from those who could free descriptors by serving their clients to the end",
	Source:   "accept(2), EMFILE; libev(3), \"The special problem of accept()ing when you can't\"",
	Provoked: emfileProvoked + "a second connects and cannot be accepted; processor time is read while it waits",
	Hint:     "after EMFILE pause (poll(NULL, 0, 50)), or stop watching the listening socket for a while",
}, func(c *Case) {
	s := c.Launch()
	s.outOfDescriptors(s.expectCalm)
})

// outOfDescriptors has a client come when there is no descriptor for it.
// Meanwhile is what is looked at before descriptors come back.
func (s *Server) outOfDescriptors(meanwhile func()) {
	c := s.c
	steps := func(exhaust func(faults.Process) faults.Fault, prove func(*match.Client)) {
		first := s.Serve(1)
		giveBack := s.exhaust(exhaust)
		hit := s.dial()
		s.say(hit)
		prove(hit)
		giveBack()
		s.Close(first)
		s.expectRecovers(hit)
	}
	var before observe.Picture
	c.control(plainControl, func() {
		noop := func(faults.Process) faults.Fault { return faults.Noop }
		steps(noop, func(hit *match.Client) { s.Expect(match.Served(hit)) })
		before = s.allLeave()
	})
	steps(noDescriptors, func(hit *match.Client) { s.cannotBeAccepted(hit); meanwhile() })
	s.ExpectNothingLeft(before)
}

// expectRecovers holds the server to serving now that descriptors are back. One
// that turns clients away with a spare descriptor may be about to do so when
// they come back, and drop one client more.
func (s *Server) expectRecovers(hit *match.Client) {
	s.rest()
	fresh := s.dial()
	s.Expect(match.Connected(fresh))
	s.say(fresh)
	s.Expect(match.All(match.ServedOrDropped(fresh), match.ServedOrDropped(hit)))
	if !fresh.Served() {
		s.c.Did("%s was dropped", fresh.Name)
		s.ExpectServes(nil)
		return
	}
	s.tellFate(fresh, hit)
}

// noDescriptors leaves a process no free descriptor below its limit.
func noDescriptors(t faults.Process) faults.Fault {
	return func(context.Context) (faults.Undo, error) {
		lowest, err := faults.LowestFreeDescriptor(t)
		if err != nil {
			return nil, err
		}
		return faults.DescriptorLimit(t, uint64(lowest))
	}
}

// exhaust applies a fault to every process that listens, while it is stopped:
// an accept that is blocked has its descriptor already, and asks for one anew
// when it goes on. Before that the server comes to rest: a parent that has not
// yet closed its copy of a connection would have a descriptor to spare later.
func (s *Server) exhaust(fault func(faults.Process) faults.Fault) (giveBack func()) {
	s.rest()
	acceptors := s.acceptors()
	thaw := s.freeze("the parent", acceptors)
	var undos []faults.Undo
	for _, id := range acceptors {
		undo, err := fault(target(id))(s.c.ctx)
		s.mustReach(err, fmt.Sprintf("process %d", id.PID))
		s.c.Cleanup(func() { _ = undo() })
		undos = append(undos, undo)
	}
	thaw()
	return func() {
		for _, undo := range undos {
			if err := undo(); err != nil {
				s.c.CannotJudge("the limit on descriptors could not be put back: %v", err)
			}
		}
	}
}

// cannotBeAccepted proves that the lack of descriptors hit: the server had its
// turn, and the client waits still or was dropped.
func (s *Server) cannotBeAccepted(hit *match.Client) {
	_, why := s.await(match.Served(hit), whenSettled)
	switch {
	case why == seen, !match.NotTaken(hit).Holds(s.scene()):
		s.c.NotApplicable("%s was accepted all the same: the server has descriptors in reserve, or another process accepts", hit.Name)
	}
	s.c.Did("set RLIMIT_NOFILE of each process that listens to its lowest free descriptor: %s was not accepted", hit.Name)
}

// expectCalm holds the server to using no processor time, or little, while it
// has no descriptor for a client. One that wakes by itself to try again is
// watched until it has done so twice.
func (s *Server) expectCalm() {
	first := s.scene()
	now, why := s.await(match.Never("the server rests"), whenFinal)
	if why == allGone || !now.Alive() {
		s.c.NotApplicable("it does not survive running out of descriptors: see faults/accept-emfile")
	}
	used, watched := now.Picture.CPU()-first.Picture.CPU(), now.Picture.At.Sub(first.Picture.At)
	if why == spun || why != atRest && used > time.Duration(idleShare*float64(watched)) {
		s.busy(now, "while it had no descriptor for a client",
			fmt.Sprintf("it used %v of processor time in %v", used.Round(time.Millisecond), watched.Round(time.Millisecond)))
	}
	s.c.Did("it used %v of processor time in %v", used.Round(10*time.Microsecond), watched.Round(time.Millisecond))
}
