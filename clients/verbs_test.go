package clients

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

func TestSendIsAnswered(t *testing.T) {
	c := connect(t, serve(t, echo(exact)))
	for _, p := range []protocol.Payload{protocol.Text("hello\n"), {}, protocol.Printable(1, 100_000), protocol.Lines(2, 50, 40), protocol.Literal([]byte{0, 255, 0})} {
		c.Send(p)
		answered(t, c)
	}
	h := c.History()
	if want := int64(6 + 100_000 + 2000 + 3); h.Sent != want || h.Received != want || h.Queued != want {
		t.Errorf("%v; want %d bytes each way", h, want)
	}
	if !h.Local.IsValid() || !h.Remote.IsValid() || h.Dialed.After(h.Connected) {
		t.Errorf("addresses or times are wrong: %+v", h)
	}
	if h.End != Open || h.Ended() || h.ClosedByUs() || h.SYNRetransmissions != 0 {
		t.Errorf("%+v, want an open connection", h)
	}
}

func TestSendBeforeConnected(t *testing.T) {
	c := begin(t, within(t), serve(t, echo(exact)), NeverRead())
	c.StartReading()
	c.Send(protocol.Text("early\n"))
	c.HalfClose()
	end(t, c, EOF)
	answered(t, c)
}

func TestSay(t *testing.T) {
	c := connect(t, serve(t, echo(exact)))
	c.Say()
	c.Say()
	if h := answered(t, c); h.Queued == 0 || h.Received != h.Queued {
		t.Errorf("%v, want the two requests of the conversation", h)
	}
}

// TestWithoutConversation checks that a client that speaks no protocol judges nothing.
func TestWithoutConversation(t *testing.T) {
	c := Connect(within(t), serve(t, echo(bytes.ToUpper)))
	t.Cleanup(c.Reset)
	c.Send(protocol.Text("hello\n"))
	if h := await(t, c, "the reply", func(h History) bool { return h.Received == 6 }); h.Answered() || h.Wrong != nil {
		t.Errorf("%v is judged: answered %t, wrong %v", h, h.Answered(), h.Wrong)
	}
}

func TestSendIsOneWrite(t *testing.T) {
	first := make(chan int, 1)
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		buffer := make([]byte, 64<<10)
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		first <- n
		if _, err := conn.Write(buffer[:n]); err == nil {
			echo(exact)(conn)
		}
	}))
	c.Send(protocol.Lines(1, 50, 30))
	answered(t, c)
	if n := <-first; n != 50*30 {
		t.Errorf("the server's first read returned %d bytes, want all %d", n, 50*30)
	}
}

func TestHalfCloseThenEverythingOwedThenEOF(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		all, err := io.ReadAll(conn)
		if err == nil {
			_, _ = conn.Write(all)
		}
	}))
	c.Send(protocol.Printable(5, 300_000))
	c.HalfClose()
	c.HalfClose()
	h := end(t, c, EOF)
	if !h.Answered() || !h.FINSent || h.ClosedByUs() || !h.EndedByServer() || h.EndErr != nil {
		t.Errorf("%+v, want everything answered, then an orderly end", h)
	}
	c.Send(protocol.Text("too late\n"))
	if h := c.History(); !errors.Is(h.SendErr, ErrNotSent) || h.Answered() {
		t.Errorf("send after the FIN: %v", h)
	}
}

func TestCloseIsSeenAsEOF(t *testing.T) {
	seen := make(chan error, 1)
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		_, err := io.Copy(io.Discard, conn)
		seen <- err
	}))
	c.Send(protocol.Text("bye\n"))
	await(t, c, "everything sent", func(h History) bool { return h.Sent == h.Queued })
	c.Close()
	if err := <-seen; err != nil {
		t.Errorf("the server sees %v, want the end of file", err)
	}
	c.Reset() // no effect
	if h := end(t, c, Closed); !h.ClosedByUs() || h.EndErr != nil || h.EndedByServer() {
		t.Errorf("%+v, want closed by this side", h)
	}
	c.Send(protocol.Text("too late\n"))
	if h := c.History(); !errors.Is(h.SendErr, ErrNotSent) {
		t.Errorf("send after the close: %v", h)
	}
}

func TestResetIsSeenAsReset(t *testing.T) {
	seen := make(chan error, 1)
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		_, err := io.Copy(io.Discard, conn)
		seen <- err
	}))
	c.Reset()
	if err := <-seen; endOf(err) != ResetByPeer {
		t.Errorf("the server sees %v, want a reset", err)
	}
	end(t, c, Closed)
}

func TestCloseAfterEOFKeepsTheEnd(t *testing.T) {
	c := connect(t, serve(t, func(*net.TCPConn) {}))
	end(t, c, EOF)
	c.Close()
	if h := c.History(); h.End != EOF || !h.ClosedByUs() {
		t.Errorf("%+v, want the server's end and that we closed", h)
	}
}

func TestNeverReadBlocksTheServerUntilStartReading(t *testing.T) {
	const size = 8 << 20 // several times what fits into the buffers
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		if conn.SetReadBuffer(64<<10) == nil && conn.SetWriteBuffer(64<<10) == nil {
			echo(exact)(conn)
		}
	}), NeverRead())
	c.Send(protocol.Printable(6, size))
	h := await(t, c, "the send to block", func(h History) bool { return h.SendBlocked })
	if h.Received != 0 || h.Sent == size {
		t.Fatalf("%v, want nothing received and not everything sent", h)
	}
	c.StartReading()
	c.StartReading()
	answered(t, c)
}

func TestCloseUnblocksSend(t *testing.T) {
	for _, verb := range []func(*Client){(*Client).Close, (*Client).Reset} {
		c := connect(t, serve(t, deaf))
		c.Send(protocol.Printable(7, 1<<30))
		await(t, c, "the send to block", func(h History) bool { return h.SendBlocked })
		verb(c)
		h := await(t, c, "the close", History.ClosedByUs)
		if h.SendBlocked || h.Answered() || h.End != Closed {
			t.Errorf("%+v, want closed and not sending", h)
		}
		awaitIdle(t, c)
	}
}

// awaitIdle waits until no goroutine sends for the client.
func awaitIdle(t *testing.T, c *Client) {
	t.Helper()
	noGoroutineOf(t, "(*Client).sendAll")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sending || len(c.queue) > 0 {
		t.Error("the client still sends")
	}
}
