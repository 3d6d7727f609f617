// Package observetest runs, for the tests of observe and observe/rest, small
// programs that block each in a known way.
package observetest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

// guard is how long a test waits for what must come.
const guard = 60 * time.Second

// A Subject is a program of sleeper.c below a child subreaper.
type Subject struct {
	// Subreaper is the pid of the subreaper.
	Subreaper int
	// Port is the port that the program listens on, 0 when it does not.
	Port     int
	Observer *observe.Observer

	t     testing.TB
	lines chan string
}

// Start runs a program and waits until it is about to block. The program, and
// all that it forks, ends with the test.
func Start(t testing.TB, mode string, args ...string) *Subject {
	t.Helper()
	cmd := exec.Command(program(t), append([]string{mode}, args...)...)
	hold, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &Subject{t: t, Subreaper: cmd.Process.Pid, lines: make(chan string, 16)}
	read := make(chan struct{})
	go func() {
		defer close(read)
		defer close(s.lines)
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			s.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = hold.Close()
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("the subreaper ended with %v", err)
		}
	})
	s.Observer = observe.New(s.Subreaper, NetlinkTable(t))
	t.Cleanup(s.Observer.Close)
	s.Ready()
	return s
}

// NetlinkTable returns the socket table of this process's own namespace.
func NetlinkTable(t testing.TB) *observe.NetlinkSockets {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	table := observe.NewNetlinkSockets(fd)
	t.Cleanup(func() { _ = table.Close() })
	return table
}

// Ready waits until the program says that it is about to block.
func (s *Subject) Ready() {
	s.t.Helper()
	select {
	case line := <-s.lines: // empty when the program has ended
		if strings.HasPrefix(line, "cannot ") {
			s.t.Skip("this machine does not let the program: it " + line)
		}
		if _, err := fmt.Sscanf(line, "ready %d", &s.Port); err != nil {
			s.t.Fatalf("the program says %q", line)
		}
	case <-time.After(guard):
		s.t.Fatal("the program is not ready")
	}
}

// Look takes a picture with Everything.
func (s *Subject) Look() observe.Picture {
	s.t.Helper()
	p, err := s.Observer.Look(observe.Everything)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// Until looks until done holds for two looks in a row, and returns both.
func (s *Subject) Until(what string, done func(earlier, later observe.Picture) bool) (earlier, later observe.Picture) {
	s.t.Helper()
	earlier = s.Look()
	for deadline := time.Now().Add(guard); ; {
		later = s.Look()
		if done(earlier, later) {
			return earlier, later
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("not %s: %+v\n%+v", what, rest.Compare(earlier, later), later.Processes)
		}
		<-time.After(time.Millisecond)
		earlier = later
	}
}

// Settled waits until the tree is settled, and returns the last look and the
// judgement.
func (s *Subject) Settled() (observe.Picture, rest.Judgement) {
	s.t.Helper()
	earlier, later := s.Until("settled", func(a, b observe.Picture) bool {
		return len(b.Processes) > 0 && rest.Compare(a, b).Settled
	})
	return later, rest.Compare(earlier, later)
}

// First returns the process that is the child of the subreaper.
func (s *Subject) First(p observe.Picture) observe.Process {
	s.t.Helper()
	if len(p.Processes) == 0 {
		s.t.Fatal("the picture is empty")
	}
	return p.Processes[0]
}

// Client connects to the program.
func (s *Subject) Client() *net.TCPConn {
	s.t.Helper()
	c, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", s.Port), guard)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := c.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.t.Error(err)
		}
	})
	return c.(*net.TCPConn)
}

// AcceptedClient connects to a program that accepts one client, and waits until
// it has.
func (s *Subject) AcceptedClient() *net.TCPConn {
	s.t.Helper()
	c := s.Client()
	s.Until("accepted", func(_, b observe.Picture) bool {
		socket, found := Connection(b, c)
		return found && len(b.Holders(socket.Inode)) > 0
	})
	return c
}

// AddressOf returns the client's end of its connection.
func AddressOf(c *net.TCPConn) netip.AddrPort { return c.LocalAddr().(*net.TCPAddr).AddrPort() }

// Connection returns the server's end of a client's connection.
func Connection(p observe.Picture, c *net.TCPConn) (observe.Socket, bool) {
	return p.Connection(AddressOf(c), c.RemoteAddr().(*net.TCPAddr).AddrPort())
}

// Say writes text to the connection of a client.
func (s *Subject) Say(c io.Writer, text string) {
	s.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
}

// Kill sends a signal.
func (s *Subject) Kill(pid int, sig unix.Signal) {
	s.t.Helper()
	if err := unix.Kill(pid, sig); err != nil {
		s.t.Fatal(err)
	}
}
