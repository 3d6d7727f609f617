package clients

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func connectAll(t *testing.T, d Dialer, n int, opts ...Option) Group {
	t.Helper()
	g, err := ConnectAll(within(t), d, n, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Reset)
	return g
}

func TestGroupVerbs(t *testing.T) {
	server := serve(t, echo(exact))
	g := connectAll(t, server, 10, NeverRead())
	g.StartReading()
	g.Send(Text("all the same\n"))
	g.Say(func(i int) Payload { return Printable(uint64(i), 1000) })
	g.Dribble(Text("drip"))
	g.Coalesce(Text("one\n"), Text("two\n"))
	g.HalfClose()
	histories, err := g.Wait(within(t), "the end", History.Ended)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range histories {
		if !h.Answered() || h.End != EOF || h.Sent != 13+1000+4+8 {
			t.Errorf("client %d: %v", i, h)
		}
	}
	g.Close()
	for i, h := range g.Histories() {
		if !h.ClosedByUs() {
			t.Errorf("client %d is not closed", i)
		}
	}
}

func TestEmptyGroup(t *testing.T) {
	g := connectAll(t, serve(t, silent), 0)
	if len(g.Histories()) != 0 {
		t.Error("an empty group has something to tell")
	}
}

// TestThousandClients connects them at once, has each send data of its own,
// and counts goroutines after they are gone.
func TestThousandClients(t *testing.T) {
	const n = 1000
	g := connectAll(t, serve(t, echo(exact)), n)
	g.Say(func(i int) Payload { return Printable(uint64(i), 2<<10) })
	if _, err := g.Wait(within(t), "the answer", History.Answered); err != nil {
		t.Fatal(err)
	}
	for i, h := range g.Histories() {
		if i%2 == 0 {
			g[i].Close()
		} else {
			g[i].Reset()
		}
		if h.Ended() || h.Received != 2<<10 {
			t.Fatalf("client %d: %v", i, h)
		}
	}
	noGoroutineOf(t, "clients.(*Client)")
}

func TestWaitSaysWhatWasAwaited(t *testing.T) {
	g := connectAll(t, serve(t, silent), 2)
	g[0].Send(Text("hello\n"))
	if _, err := g[0].Wait(within(t), "the send", func(h History) bool { return h.Sent == 6 }); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := g.Wait(ctx, "the answer", History.Answered)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
	for _, want := range []string{"client 1 of 2", "the answer", "sent 6 of 6 bytes, received 0", "ms"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestChanged(t *testing.T) {
	var bell Bell
	server := serve(t, echo(exact))
	one, other := connectAll(t, server, 1, Ringing(&bell))[0], connectAll(t, server, 1)[0]
	own, shared, quiet := one.Changed(), bell.Next(), other.Changed()
	if own != one.Changed() || shared != bell.Next() {
		t.Error("the channel is not the same until something changes")
	}
	one.Send(Text("x"))
	<-own
	<-shared
	select {
	case <-quiet:
		t.Error("a change of one client is told as one of another")
	default:
	}
	if shared == bell.Next() {
		t.Error("the channel has not been replaced")
	}
}

// TestNoChangeIsMissed: whoever takes the channel before the history sees
// every change, from several goroutines.
func TestNoChangeIsMissed(t *testing.T) {
	var bell Bell
	g := connectAll(t, serve(t, echo(exact)), 4, Ringing(&bell))
	errs := make(chan error, 3)
	for range cap(errs) {
		go func() {
			for {
				changed := bell.Next()
				done := true
				for _, h := range g.Histories() {
					done = done && h.Received == 300
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
		g.Send(Text("abc"))
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
