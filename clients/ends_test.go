package clients

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients/protocol"
)

func TestServerClosesAtOnce(t *testing.T) {
	c := connect(t, serve(t, func(*net.TCPConn) {}))
	if h := end(t, c, EOF); h.EndErr != nil || !h.Answered() {
		t.Errorf("%+v, want an orderly end, nothing owed", h)
	}
}

func TestServerLosesTheEnd(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		buffer := make([]byte, 5)
		if _, err := conn.Read(buffer); err == nil {
			_, _ = conn.Write(buffer[:4])
		}
	}))
	c.Send(protocol.Text("five\n"))
	h := end(t, c, EOF)
	if h.Answered() || h.Received != h.Sent-1 || h.Wrong != nil {
		t.Errorf("%v: want one byte still owed", h)
	}
}

func TestServerResets(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			_ = conn.SetLinger(0)
		}
	}))
	c.Send(protocol.Text("x"))
	h := end(t, c, ResetByPeer)
	if !errors.Is(h.EndErr, unix.ECONNRESET) || !h.EndedByServer() {
		t.Errorf("%v, want ECONNRESET", h.EndErr)
	}
}

// TestServerResetsWhileSending checks that the end is a reset, although the kernel
// reports a reset only once, to the reader or to the sender.
func TestServerResetsWhileSending(t *testing.T) {
	server := serve(t, func(conn *net.TCPConn) {
		_, _ = conn.Read(make([]byte, 1<<10))
		_ = conn.SetLinger(0)
	})
	for _, opts := range [][]Option{nil, {NeverRead()}} {
		for range 30 {
			c := connect(t, server, opts...)
			c.Send(protocol.Printable(8, 64<<20))
			h := end(t, c, ResetByPeer)
			if !errors.Is(h.EndErr, unix.ECONNRESET) {
				t.Fatalf("ended by %v, want ECONNRESET", h.EndErr)
			}
			await(t, c, "the send to fail", func(h History) bool { return h.SendErr != nil && !h.SendBlocked })
			c.Close()
		}
	}
}

func TestServerNeverReads(t *testing.T) {
	server := serve(t, deaf)
	server.setUp = func(conn *net.TCPConn) error {
		raw, err := conn.SyscallConn()
		if err != nil {
			return err
		}
		var failed error
		err = raw.Control(func(fd uintptr) {
			failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 200)
		})
		return errors.Join(err, failed)
	}
	c := connect(t, server)
	c.Send(protocol.Printable(9, 1<<30))
	h := end(t, c, TimedOut)
	if !errors.Is(h.EndErr, unix.ETIMEDOUT) || h.Answered() || h.Received == h.Sent {
		t.Errorf("%v, want ETIMEDOUT and something owed", h)
	}
}

func TestWrongAnswers(t *testing.T) {
	const text = "the quick brown fox\n"
	tests := []struct {
		name   string
		change func([]byte) []byte
		want   string
	}{
		{"drops a byte", func(b []byte) []byte { return append(b[:4:4], b[5:]...) },
			`at offset 4: expected "quick brown fox\n", got "uick brown fox\n", which belongs at offset 5: the bytes between are missing`},
		{"duplicates a byte", func(b []byte) []byte { return append(b[:5:5], b[4:]...) },
			`at offset 5: expected "uick brown fox\n", got "quick brown fox\n", which are the bytes of offset 4 again`},
		{"changes a byte", func(b []byte) []byte { b[19] = '!'; return b },
			`at offset 19: expected "\n", got "!"`},
		{"sends more", func(b []byte) []byte { return append(b, "more"...) },
			`after all 20 bytes that were owed, more came: "more"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, serve(t, echo(test.change)))
			c.Send(protocol.Text(text))
			c.HalfClose()
			h := end(t, c, EOF)
			if h.Wrong == nil || h.Answered() || h.Wrong.Error() != test.want {
				t.Errorf("%v, want %s", h, test.want)
			}
		})
	}
}

func TestServerSpeaksFirst(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) { _, _ = conn.Write([]byte("welcome\n")) }))
	h := end(t, c, EOF)
	var wrong *protocol.Mismatch
	if !errors.As(h.Wrong, &wrong) || !wrong.Surplus || string(wrong.Got) != "welcome\n" || h.Received != 8 {
		t.Errorf("%v, want 8 bytes of surplus", h)
	}
}

// TestUrgentData: what a server sends as urgent data arrives among the other bytes.
func TestUrgentData(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		raw, err := conn.SyscallConn()
		if err != nil {
			t.Error(err)
			return
		}
		_ = raw.Control(func(fd uintptr) { // a failure shows below
			for range 3 {
				_ = unix.Send(int(fd), []byte("u"), unix.MSG_OOB)
			}
		})
	}))
	// Of what arrived before the client had set its options, the kernel keeps the last.
	if h := end(t, c, EOF); h.Received == 0 || h.Wrong == nil {
		t.Errorf("%v, want bytes of surplus", h)
	}
}

// TestServerSwapsConnections has a server send each client the other one's data.
func TestServerSwapsConnections(t *testing.T) {
	first, second := make(chan []byte, 1), make(chan []byte, 1)
	arrived := make(chan int, 2)
	arrived <- 1
	arrived <- 2
	server := serve(t, func(conn *net.TCPConn) {
		mine, other := first, second
		if <-arrived == 2 {
			mine, other = second, first
		}
		buffer := make([]byte, 1000)
		if n, err := conn.Read(buffer); err == nil {
			mine <- buffer[:n]
			_, _ = conn.Write(<-other)
		}
	})
	both := connectAll(t, server, 2)
	for i, c := range both {
		c.Send(protocol.Printable(uint64(i), 1000))
	}
	for i, h := range awaitAll(t, both, "the end", History.Ended) {
		var wrong *protocol.Mismatch
		if !errors.As(h.Wrong, &wrong) || wrong.Surplus || h.Answered() {
			t.Errorf("client %d: %v, want a mismatch", i, h)
		}
	}
}

func TestEndNames(t *testing.T) {
	seen := map[string]bool{}
	for e := Dialing; e <= Failed; e++ {
		if name := e.String(); name == "" || seen[name] {
			t.Errorf("end %d is called %q", e, name)
		} else {
			seen[name] = true
		}
	}
	if got := End(99).String(); got != "unknown" {
		t.Errorf("End(99) is called %q", got)
	}
}
