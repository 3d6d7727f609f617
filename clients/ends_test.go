package clients

import (
	"errors"
	"net"
	"testing"

	"golang.org/x/sys/unix"
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
	c.Send(Text("five\n"))
	h := end(t, c, EOF)
	if h.Answered() || h.Owed != 1 || h.Mismatch != nil {
		t.Errorf("%v, owed %d: want one byte still owed", h, h.Owed)
	}
}

func TestServerResets(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		if _, err := conn.Read(make([]byte, 1)); err == nil {
			_ = conn.SetLinger(0)
		}
	}))
	c.Send(Text("x"))
	h := end(t, c, ResetByPeer)
	if !errors.Is(h.EndErr, unix.ECONNRESET) || !h.EndedByServer() {
		t.Errorf("%v, want ECONNRESET", h.EndErr)
	}
}

// TestServerResetsWhileSending: the kernel tells of a reset once, and it may
// tell the sender. Whoever hears of it, the end is a reset.
func TestServerResetsWhileSending(t *testing.T) {
	server := serve(t, func(conn *net.TCPConn) {
		_, _ = conn.Read(make([]byte, 1<<10))
		_ = conn.SetLinger(0)
	})
	for _, opts := range [][]Option{nil, {NeverRead()}} {
		for range 30 {
			c := connect(t, server, opts...)
			c.Send(Printable(8, 64<<20))
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
	c.Send(Printable(9, 1<<30))
	h := end(t, c, TimedOut)
	if !errors.Is(h.EndErr, unix.ETIMEDOUT) || h.Answered() || h.Owed == 0 {
		t.Errorf("%v, want ETIMEDOUT and something owed", h)
	}
}

func TestWrongAnswers(t *testing.T) {
	const text = "the quick brown fox\n"
	tests := []struct {
		name   string
		change func([]byte) []byte
		want   Mismatch
	}{
		{"drops a byte", func(b []byte) []byte { return append(b[:4:4], b[5:]...) },
			Mismatch{Offset: 4, Want: []byte(text[4:]), Got: []byte(text[5:])}},
		{"duplicates a byte", func(b []byte) []byte { return append(b[:5:5], b[4:]...) },
			Mismatch{Offset: 5, Want: []byte(text[5:]), Got: []byte(text[4:])}},
		{"changes a byte", func(b []byte) []byte { b[19] = '!'; return b },
			Mismatch{Offset: 19, Want: []byte("\n"), Got: []byte("!")}},
		{"sends more", func(b []byte) []byte { return append(b, "more"...) },
			Mismatch{Offset: 20, Got: []byte("more"), Surplus: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := connect(t, serve(t, echo(test.change)))
			c.Send(Text(text))
			c.HalfClose()
			h := end(t, c, EOF)
			if h.Mismatch == nil || h.Answered() {
				t.Fatalf("%v, want a mismatch", h)
			}
			test.want.Want, test.want.Got = first(test.want.Want), first(test.want.Got)
			if got, want := h.Mismatch.String(), test.want.String(); got != want {
				t.Errorf("%s\nwant %s", got, want)
			}
		})
	}
}

func TestServerSpeaksFirst(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) { _, _ = conn.Write([]byte("welcome\n")) }))
	h := end(t, c, EOF)
	if h.Mismatch == nil || !h.Mismatch.Surplus || string(h.Mismatch.Got) != "welcome\n" || h.Received != 8 {
		t.Errorf("%v, want 8 bytes of surplus", h)
	}
}

// TestServerSwapsConnections: each client gets what the other one sent.
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
	g := connectAll(t, server, 2)
	g.Say(func(i int) Payload { return Printable(uint64(i), 1000) })
	histories, err := g.Wait(within(t), "the end", History.Ended)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range histories {
		if h.Mismatch == nil || h.Mismatch.Surplus || h.Answered() {
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
