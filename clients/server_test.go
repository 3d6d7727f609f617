package clients

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
)

// guard bounds a test that hangs; nothing is measured by it.
const guard = 60 * time.Second

// A testServer serves each connection with a function, in a goroutine of its own.
type testServer struct {
	address string
	setUp   func(*net.TCPConn) error // of the client's end; may be nil
}

func (s testServer) Dial(ctx context.Context) (*net.TCPConn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	if s.setUp != nil {
		return tcp, s.setUp(tcp)
	}
	return tcp, nil
}

// deaf never reads. It keeps the connection until the server ends.
var deaf func(*net.TCPConn)

// serve starts a server, which ends with the test.
func serve(t *testing.T, each func(*net.TCPConn)) testServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
				defer stop()
				if each == nil {
					<-ctx.Done()
					return
				}
				each(conn.(*net.TCPConn))
				_ = conn.Close() // at the end of the test it is closed already
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		running.Wait()
	})
	return testServer{address: listener.Addr().String()}
}

// echo sends back what it reads, through change, until the end of input.
func echo(change func([]byte) []byte) func(*net.TCPConn) {
	return func(conn *net.TCPConn) {
		buffer := make([]byte, 16<<10)
		for {
			n, err := conn.Read(buffer)
			if n > 0 {
				if _, err := conn.Write(change(buffer[:n])); err != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}
}

func exact(b []byte) []byte { return b }

// silent reads and says nothing, until the end of input.
func silent(conn *net.TCPConn) { _, _ = io.Copy(io.Discard, conn) }

// connect opens one connection that speaks echo.
func connect(t *testing.T, d Dialer, opts ...Option) *Client {
	t.Helper()
	c := begin(t, within(t), d, opts...)
	await(t, c, "the connection", History.IsConnected)
	return c
}

// begin begins to connect a client that speaks echo.
func begin(t *testing.T, ctx context.Context, d Dialer, opts ...Option) *Client {
	t.Helper()
	c := Connect(ctx, d, append([]Option{Speak(protocol.NewEcho(1, 1))}, opts...)...)
	t.Cleanup(c.Reset)
	return c
}

// connectAll opens n connections at the same time.
func connectAll(t *testing.T, d Dialer, n int, opts ...Option) []*Client {
	t.Helper()
	all := make([]*Client, n)
	for i := range all {
		all[i] = begin(t, within(t), d, opts...)
	}
	awaitAll(t, all, "the connection", History.IsConnected)
	return all
}

func awaitAll(t *testing.T, all []*Client, awaited string, cond func(History) bool) []History {
	t.Helper()
	histories := make([]History, len(all))
	for i, c := range all {
		histories[i] = await(t, c, awaited, cond)
	}
	return histories
}

func await(t *testing.T, c *Client, awaited string, cond func(History) bool) History {
	t.Helper()
	h, err := c.Wait(within(t), awaited, cond)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func answered(t *testing.T, c *Client) History {
	t.Helper()
	h := await(t, c, "the answer, or something wrong with it", func(h History) bool {
		return h.Answered() || h.Wrong != nil || h.SendErr != nil || h.Ended()
	})
	if !h.Answered() {
		t.Fatalf("not answered: %v", h)
	}
	return h
}

func end(t *testing.T, c *Client, want End) History {
	t.Helper()
	h := await(t, c, "the end of the connection", History.Ended)
	if h.End != want {
		t.Fatalf("ended as %v (%v), want %v", h.End, h.EndErr, want)
	}
	if h.EndedAt.IsZero() {
		t.Error("the time of the end is not noted")
	}
	return h
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeoutCause(t.Context(), guard, errors.New("the guard of the test"))
	t.Cleanup(cancel)
	return ctx
}
