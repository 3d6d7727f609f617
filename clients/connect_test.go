package clients

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/clients/protocol"
)

func TestConnectRefused(t *testing.T) {
	c := begin(t, within(t), closedPort(t))
	h := end(t, c, Failed)
	if !errors.Is(h.EndErr, unix.ECONNREFUSED) || h.IsConnected() || h.Local.IsValid() {
		t.Errorf("%+v, want ECONNREFUSED and no connection", h)
	}
	c.Send(protocol.Text("x"))
	c.Close()
	if h := c.History(); h.Answered() || h.End != Failed {
		t.Errorf("%v after a failed dial", h)
	}
}

// closedPort dials a port that is bound and does not listen.
func closedPort(t *testing.T) Dialer {
	t.Helper()
	_, address := bound(t)
	return testServer{address: address}
}

func bound(t *testing.T) (fd int, address string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, fmt.Sprintf("127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}

// fullBacklog listens with room for one connection, which it fills.
func fullBacklog(t *testing.T) (fd int, server testServer) {
	t.Helper()
	fd, address := bound(t)
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	server = testServer{address: address}
	connect(t, server)
	return fd, server
}

func TestConnectWhileBacklogIsFull(t *testing.T) {
	fd, server := fullBacklog(t)
	c := begin(t, within(t), server)
	c.Send(protocol.Text("waiting\n"))
	awaitSYNSent(t, server)
	if h := c.History(); h.End != Dialing || h.Ended() || h.IsConnected() || h.Answered() {
		t.Errorf("%+v, want a dial in flight", h)
	}
	accepted, _, err := unix.Accept(fd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(accepted) })
	h := await(t, c, "the connection", History.IsConnected)
	if h.SYNRetransmissions == 0 {
		t.Error("no SYN retransmission, although the kernel dropped the first SYN")
	}
	await(t, c, "everything sent", func(h History) bool { return h.Sent == 8 })
}

func TestConnectEndsWithContext(t *testing.T) {
	_, server := fullBacklog(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	c := begin(t, ctx, server)
	end(t, c, TimedOut)

	ctx, cancel = context.WithCancel(t.Context())
	c = begin(t, ctx, server)
	cancel()
	if h := end(t, c, Failed); h.EndErr == nil {
		t.Error("a dial was cancelled without an error")
	}
}

func TestCloseGivesUpDial(t *testing.T) {
	_, server := fullBacklog(t)
	for _, verb := range []func(*Client){(*Client).Close, (*Client).Reset} {
		c := begin(t, within(t), server)
		awaitSYNSent(t, server)
		verb(c)
		if h := c.History(); !h.ClosedByUs() {
			t.Errorf("%+v, want closed", h)
		}
		if h := end(t, c, Closed); h.IsConnected() || h.EndErr != nil {
			t.Errorf("%+v, want closed before it was connected", h)
		}
	}
}

// TestCloseWhileDialing checks that a connection is closed at once if its dial
// succeeds after Close.
func TestCloseWhileDialing(t *testing.T) {
	ended := make(chan error, 1)
	server := serve(t, func(conn *net.TCPConn) {
		_, err := conn.Read(make([]byte, 1))
		ended <- err
	})
	late := late{server, make(chan struct{})}
	c := begin(t, within(t), late)
	c.Send(protocol.Text("never sent\n"))
	c.Close()
	close(late.start)
	if h := end(t, c, Closed); h.IsConnected() || h.Sent != 0 {
		t.Errorf("%+v, want closed before it was connected", h)
	}
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("the server sees %v, want the end of file", err)
	}
	noGoroutineOf(t, "(*Client).dial")
}

// late dials when start is closed, whether or not ctx is done.
type late struct {
	Dialer
	start chan struct{}
}

func (l late) Dial(context.Context) (*net.TCPConn, error) {
	<-l.start
	return l.Dialer.Dial(context.Background())
}

// awaitSYNSent waits until /proc/net/tcp shows a connection to the server in
// state SYN_SENT (2), proc_net(5).
func awaitSYNSent(t *testing.T, s testServer) {
	t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	if err != nil {
		t.Fatal(err)
	}
	var number int
	if _, err := fmt.Sscan(port, &number); err != nil {
		t.Fatal(err)
	}
	entry := fmt.Sprintf(" 0100007F:%04X 02 ", number)
	ctx := within(t)
	for {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(table), entry) {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("no connection to %s in SYN_SENT: %v", s.address, context.Cause(ctx))
		case <-time.After(time.Millisecond):
		}
	}
}
