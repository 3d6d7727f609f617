package record

import (
	"bufio"
	"context"
	"net"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// address is where a server of a test listens.
type address string

func (a address) Dial(context.Context) (*net.TCPConn, error) {
	conn, err := net.Dial("tcp4", string(a))
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// listen listens on a free port of this machine.
func listen(t *testing.T) *net.TCPListener {
	t.Helper()
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return listener
}

// TestRelay notes what a client and a server say, and ends with the session although a
// client stays.
func TestRelay(t *testing.T) {
	server := listen(t)
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				_, _ = conn.Write([]byte("hello\n"))
				lines := bufio.NewScanner(conn)
				for lines.Scan() && lines.Text() != "bye" {
					_, _ = conn.Write([]byte("you said " + lines.Text() + "\n"))
				}
			}()
		}
	}()
	front := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	var relay Relay
	done := make(chan struct{})
	go func() {
		defer close(done)
		relay.Run(ctx, front, address(server.Addr().String()))
	}()
	for _, words := range [][]string{{"one", "two", "bye"}, {"three"}} {
		conn, err := address(front.Addr().String()).Dial(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		replies := bufio.NewScanner(conn)
		replies.Scan()
		for _, word := range words {
			if _, err := conn.Write([]byte(word + "\n")); err != nil {
				t.Fatal(err)
			}
			if replies.Scan() == (word == "bye") {
				t.Errorf("after %s: %q, %v", word, replies.Text(), replies.Err())
			}
		}
	}
	cancel()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the relay does not end")
	}
	got, err := relay.Talks()
	if err != nil {
		t.Error(err)
	}
	turn := func(send, reply string) Turn { return Turn{Send: []byte(send), Reply: []byte(reply)} }
	want := []Talk{
		{Greeting: []byte("hello\n"), Turns: []Turn{turn("one\n", "you said one\n"), turn("two\n", "you said two\n"), {Send: []byte("bye\n")}}},
		{Greeting: []byte("hello\n"), Turns: []Turn{turn("three\n", "you said three\n")}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
}
