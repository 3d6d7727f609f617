package faults

import (
	"context"
	"fmt"
	"io"

	"github.com/forkproof/forkproof/faults/internal/value"
)

// crowdKind fills the accept queue for a time, in which the server is stopped.
var crowdKind = Kind{
	Name:  "crowd",
	Forms: []Form{{"DURATION", "fill the accept queue of the stopped server", "crowd=50ms"}},
	Make: func(text string) (Action, error) {
		d, err := value.Duration("crowd", text)
		return freezing(d, func(ctx context.Context, s Server) (Undo, error) {
			dial := func(ctx context.Context) (io.Closer, error) { return s.Dial(ctx) }
			return fillAcceptQueue(ctx, dial, s.AcceptQueueRoom)
		}), err
	},
}

// fillAcceptQueue connects with dial, as often as room says that the server's
// accept queue has room, until it has none (listen(2)): the kernel then drops the
// SYN of a further client, which sends it again after a second
// (tcp_abort_on_overflow, tcp(7)). The server must not accept meanwhile: it is
// frozen, or its accept is delayed. The Undo closes the connections; the server
// still accepts them. When ctx is done before the queue is full, the error wraps
// the cause, and nothing is left.
func fillAcceptQueue(ctx context.Context, dial func(context.Context) (io.Closer, error), room func() (int, error)) (Undo, error) {
	var open []io.Closer
	closeAll := once(func() error {
		for _, conn := range open {
			_ = conn.Close() // the server may have reset it
		}
		return nil
	})
	for {
		free, err := room()
		if err == nil && free <= 0 {
			return closeAll, nil
		}
		for ; err == nil && free > 0; free-- {
			var conn io.Closer
			if conn, err = dial(ctx); err == nil {
				open = append(open, conn)
			}
		}
		if err != nil {
			_ = closeAll()
			return nil, fmt.Errorf("fill the accept queue: after %d connections: %w", len(open), err)
		}
	}
}
