package faults

import (
	"context"
	"fmt"
	"io"
)

// AcceptQueueFull connects with dial until full says that the server's accept
// queue is (listen(2)): the SYN of a further client is dropped then, and comes
// again after a second (tcp_abort_on_overflow, tcp(7)). It is for a server
// that does not accept meanwhile: one that is frozen, or whose accept is held
// up. The Undo closes the connections; those that the server has not accepted
// by then it still gets to see. When ctx is done before the queue is full, the
// error wraps the cause, and nothing is left.
func AcceptQueueFull(ctx context.Context, dial func(context.Context) (io.Closer, error), full func() (bool, error)) (Undo, error) {
	var crowd []io.Closer
	leave := once(func() error {
		for _, conn := range crowd {
			_ = conn.Close() // the server may have reset it
		}
		return nil
	})
	for {
		enough, err := full()
		if err == nil && enough {
			return leave, nil
		}
		var conn io.Closer
		if err == nil {
			conn, err = dial(ctx)
		}
		if err != nil {
			_ = leave()
			return nil, fmt.Errorf("fill the accept queue: after %d connections: %w", len(crowd), err)
		}
		crowd = append(crowd, conn)
	}
}
