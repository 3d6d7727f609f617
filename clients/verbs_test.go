package clients

import (
	"errors"
	"io"
	"net"
	"testing"
)

func TestSendIsAnswered(t *testing.T) {
	c := connect(t, serve(t, echo(exact)))
	for _, p := range []Payload{Text("hello\n"), {}, Bytes(1, 100_000), Lines(2, 50, 40), Literal([]byte{0, 255, 0})} {
		c.Send(p)
		answered(t, c)
	}
	h := c.History()
	if want := int64(6 + 100_000 + 2000 + 3); h.Sent != want || h.Received != want || h.Queued != want || h.Owed != 0 {
		t.Errorf("%v, owed %d; want %d bytes each way", h, h.Owed, want)
	}
	if !h.Local.IsValid() || !h.Remote.IsValid() || h.Dialed.After(h.Connected) || h.LastProgress.Before(h.Connected) {
		t.Errorf("addresses or times are wrong: %+v", h)
	}
	if h.End != Open || h.Ended() || h.ClosedByUs() || h.SYNRetransmissions != 0 {
		t.Errorf("%+v, want an open connection", h)
	}
}

func TestSendBeforeConnected(t *testing.T) {
	c := StartConnect(within(t), serve(t, echo(exact)), NeverRead())
	t.Cleanup(c.Reset)
	c.StartReading()
	c.Send(Text("early\n"))
	c.HalfClose()
	end(t, c, EOF)
	answered(t, c)
}

// TestDribble counts the segments with data that the kernel has sent.
func TestDribble(t *testing.T) {
	const size = 500
	c := connect(t, serve(t, echo(exact)))
	c.Dribble(Printable(4, size))
	answered(t, c)
	info, err := c.TCPInfo()
	if err != nil {
		t.Fatal(err)
	}
	if info.Data_segs_out < size {
		t.Errorf("%d segments with data for %d bytes, want one for each", info.Data_segs_out, size)
	}
}

func TestCoalesceIsOneWrite(t *testing.T) {
	lines := make([]Payload, 50)
	for i := range lines {
		lines[i] = Lines(uint64(i), 1, 30)
	}
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
	c.Coalesce(lines...)
	answered(t, c)
	if n := <-first; n != 50*30 {
		t.Errorf("the server's first read gave %d bytes, want all %d", n, 50*30)
	}
}

func TestHalfCloseThenEverythingOwedThenEOF(t *testing.T) {
	c := connect(t, serve(t, func(conn *net.TCPConn) {
		all, err := io.ReadAll(conn)
		if err == nil {
			_, _ = conn.Write(all)
		}
	}))
	c.Send(Printable(5, 300_000))
	c.HalfClose()
	c.HalfClose()
	h := end(t, c, EOF)
	if !h.Answered() || !h.FINSent || h.ClosedByUs() || !h.EndedByServer() || h.EndErr != nil {
		t.Errorf("%+v, want everything answered, then an orderly end", h)
	}
	c.Send(Text("too late\n"))
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
	c.Send(Text("bye\n"))
	await(t, c, "everything sent", func(h History) bool { return h.Sent == h.Queued })
	c.Close()
	if err := <-seen; err != nil {
		t.Errorf("the server sees %v, want the end of file", err)
	}
	c.Reset() // does nothing any more
	if h := end(t, c, Closed); !h.ClosedByUs() || h.EndErr != nil || h.EndedByServer() {
		t.Errorf("%+v, want closed by this side", h)
	}
	c.Send(Text("too late\n"))
	if h := c.History(); !errors.Is(h.SendErr, ErrNotSent) {
		t.Errorf("send after the close: %v", h)
	}
	if _, err := c.Retransmissions(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("TCP_INFO after the close: %v, want net.ErrClosed", err)
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
	c.Send(Printable(6, size))
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
		c.Send(Printable(7, 1<<30))
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
