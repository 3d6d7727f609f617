package clients

import (
	"errors"
	"testing"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
)

func TestChanged(t *testing.T) {
	var n Notifier
	server := serve(t, echo(exact))
	one, other := connect(t, server, Notify(&n)), connect(t, server)
	own, shared, quiet := one.own.Changed(), n.Changed(), other.own.Changed()
	if own != one.own.Changed() || shared != n.Changed() {
		t.Error("the channel is not the same until something changes")
	}
	one.Send(protocol.Text("x"))
	<-own
	<-shared
	select {
	case <-quiet:
		t.Error("a change of one client notifies of another")
	default:
	}
	if shared == n.Changed() {
		t.Error("the channel has not been replaced")
	}
}

// TestNoChangeIsMissed checks that several goroutines, each of which takes the
// channel before the histories, see every change.
func TestNoChangeIsMissed(t *testing.T) {
	var n Notifier
	all := connectAll(t, serve(t, echo(exact)), 4, Notify(&n))
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() {
			for {
				changed := n.Changed()
				done := true
				for _, c := range all {
					done = done && c.History().Received == 300
				}
				if done {
					errs <- nil
					return
				}
				select {
				case <-changed:
				case <-time.After(guard):
					errs <- errors.New("a change was missed")
					return
				}
			}
		}()
	}
	for range 100 {
		for _, c := range all {
			c.Send(protocol.Text("abc"))
		}
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
