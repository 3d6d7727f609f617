// Package scenario has clients come to a server that is traced, and returns its life.
package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/faults/life"
	"github.com/forkproof/forkproof/report"
	lives "github.com/forkproof/forkproof/report/life"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/match"
)

// AtOnce is how many clients are connected at the same time at most.
const AtOnce = harness.AtATime

// A Scenario is what happens to the server.
type Scenario struct {
	// Clients is how many come, speak and leave.
	Clients int
	// Together says that they leave at the same moment, while the server is stopped.
	Together bool
	// Requirement is the ID of one that is provoked in place of that; empty for none.
	Requirement string
}

// String says what happens: "2 clients come, speak and leave".
func (s Scenario) String() string {
	e, known := harness.Find(s.Requirement)
	switch clients := harness.Count(s.Clients, "client"); {
	case known:
		return e.ID + ": " + e.Provoked
	case s.Together:
		return clients + " come and speak; they leave at the same moment, while the server is stopped"
	case s.Clients == 1:
		return clients + " comes, speaks and leaves"
	case s.Clients > AtOnce:
		return fmt.Sprintf("%s come, speak and leave, at most %d at once", clients, AtOnce)
	default:
		return clients + " come, speak and leave one after another"
	}
}

// slower is how much longer a server may run without an answer where none is judged: it is
// stopped twice at each call.
const slower = 20

// played names the scenario among the requirements.
const played = "trace/scenario"

// Run plays a scenario with the configured server. It returns its life also with an error
// where the server was seen, as of one that does not serve its clients.
func Run(ctx context.Context, config harness.Config, s Scenario) (lives.Life, error) {
	recorder := life.NewRecorder(config.Command.Args, s.String())
	recorder.Quiet = s.Requirement == ""
	config.Tracing, config.Traced = recorder, played
	e, provokes := harness.Find(s.Requirement)
	if provokes {
		config.Only, config.Traced = []string{e.ID}, e.ID
	} else {
		config.Limits.Spin *= slower
	}
	run, err := harness.New(config)
	if err != nil {
		return lives.Life{}, err
	}
	var result report.Requirement
	if provokes {
		result = run.Verdict(ctx, e)
	} else {
		result = run.Try(ctx, harness.Requirement{ID: played, Level: report.Must}, s.play).Result()
	}
	recorded := recorder.Life(ctx)
	recorded.Tool = report.Tool{Version: config.Version}
	if s.Requirement != "" || result.Verdict != report.Pass {
		recorded.Verdict, recorded.Found = result.Verdict, strings.Trim(result.Found+": "+result.Diagnosis, ": ")
		if recorded.Found == "" {
			recorded.Found = "the server " + result.Title
		}
	}
	if note, spared := easier[s.Requirement]; spared {
		recorded.Notes = append(recorded.Notes, note)
	}
	return recorded, errors.Join(run.Close(), unseen(result, recorded))
}

// easier is what a traced server may be spared, by the requirement that asks for it. A
// storm of signals: tracing makes each run of the handler longer, so that most signals
// arrive in it, and few interrupt a call.
var easier = map[string]string{
	"signals/storm": "good when traced: the handler takes longer, so few of the signals interrupt a call; check tells whether the server takes them all",
}

// unseen returns the error of a server of which nothing was recorded.
func unseen(q report.Requirement, l lives.Life) error {
	if len(l.Steps) > 0 || q.Verdict == report.NotApplicable || q.Verdict == report.NotRun {
		return nil
	}
	return errors.New(q.Found)
}

// play has the clients come, speak and leave.
func (s Scenario) play(c *harness.Case) {
	c.Dismiss()
	server := c.Launch()
	for left := s.Clients; left > 0; left -= AtOnce {
		s.visit(server, min(left, AtOnce))
	}
}

func (s Scenario) visit(server *harness.Server, n int) {
	var clients harness.Group
	for range n {
		one := server.Dial()
		clients = append(clients, one)
		server.Needs(match.Connected(one))
		server.SayOne(one)
		server.Needs(match.Served(one))
		server.Rest()
	}
	if s.Together {
		children := server.Children(clients)
		goOn := server.Parents().Freeze()
		server.Close(clients)
		server.ChildrenEnd(children)
		goOn()
		server.Rest()
		return
	}
	for _, one := range clients {
		server.Close(harness.Group{one})
		server.Rest()
	}
}
