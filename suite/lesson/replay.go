package lesson

import (
	"context"
	"fmt"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/suite/harness"
)

// Replay has clients say on a fresh server what others have said before, one after
// another, and all of it as often as there are rounds. Each request follows the reply to
// the one before. It returns what each client saw, by round and talk; a client that was
// not answered has seen the replies until then.
func Replay(ctx context.Context, config harness.Config, talks [][]string, rounds int) ([][]protocol.Sample, error) {
	run, err := harness.New(config)
	if err != nil {
		return nil, err
	}
	list := make([][]protocol.Sample, rounds)
	var c class
	c.attend(ctx, run, func(s *harness.Server) {
		for round := range list {
			for _, talk := range talks {
				list[round] = append(list[round], repeat(s, talk))
			}
		}
	})
	if err := run.Close(); err != nil {
		return nil, fmt.Errorf("not everything of the server could be ended: %w", err)
	}
	if last := list[rounds-1]; len(last) < len(talks) {
		return nil, fmt.Errorf("the server did not serve the same clients again: it took %d of %d", len(list[0])+len(last), rounds*len(talks))
	}
	return list, nil
}

// repeat has one client talk and leave.
func repeat(s *harness.Server, talk []string) protocol.Sample {
	c := class{sends: talk, turns: 1, partly: true}
	one := c.teach(s)
	s.Leave(harness.Group{one})
	return c.samples[0]
}
