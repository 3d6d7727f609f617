package faults

import (
	"context"
	"fmt"
	"io"
)

// AcceptQueueFull connects with dial, as often as room says that the server's
// accept queue has room for, until it has none (listen(2)): the SYN of a
// further client is dropped then, and comes again after a second
// (tcp_abort_on_overflow, tcp(7)). It is for a server that does not accept
// meanwhile: one that is frozen, or whose accept is held up. The Undo closes
// the connections, which the server still gets to see. When ctx is done before
// the queue is full, the error wraps the cause, and nothing is left.
func AcceptQueueFull(ctx context.Context, dial func(context.Context) (io.Closer, error), room func() (int, error)) (Undo, error) {
	var crowd []io.Closer
	leave := once(func() error {
		for _, conn := range crowd {
			_ = conn.Close() // the server may have reset it
		}
		return nil
	})
	for {
		free, err := room()
		if err == nil && free <= 0 {
			return leave, nil
		}
		for ; err == nil && free > 0; free-- {
			var conn io.Closer
			if conn, err = dial(ctx); err == nil {
				crowd = append(crowd, conn)
			}
		}
		if err != nil {
			_ = leave()
			return nil, fmt.Errorf("fill the accept queue: after %d connections: %w", len(crowd), err)
		}
	}
}
