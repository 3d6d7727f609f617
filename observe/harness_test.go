package observe

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// guard is how long a test waits for what must come.
const guard = 60 * time.Second

// sleeperPath is the program of testdata/sleeper.c, or why there is none.
var (
	sleeperPath string
	noSleeper   string
	errSleeper  error
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "observe")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(dir) }()
		cc, err := exec.LookPath("cc")
		if err != nil {
			noSleeper = "needs a C compiler, cc, for programs with one thread"
			return m.Run()
		}
		sleeperPath = filepath.Join(dir, "sleeper")
		out, err := exec.Command(cc, "-O1", "-pthread", "-o", sleeperPath, "testdata/sleeper.c").CombinedOutput()
		if err != nil {
			errSleeper = fmt.Errorf("%w\n%s", err, out)
		}
		return m.Run()
	}())
}

// A subject is a program of sleeper.c with its keeper.
type subject struct {
	t        testing.TB
	keeper   int
	port     int
	lines    chan string
	observer *Observer
}

// start runs a program and waits until it is ready to block. It, and all that
// it forks, ends with the test.
func start(t testing.TB, mode string, args ...string) *subject {
	t.Helper()
	if noSleeper != "" {
		t.Skip(noSleeper)
	}
	if errSleeper != nil {
		t.Fatal(errSleeper)
	}
	cmd := exec.Command(sleeperPath, append([]string{mode}, args...)...)
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
	s := &subject{t: t, keeper: cmd.Process.Pid, lines: make(chan string, 16)}
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
			t.Errorf("the keeper ended with %v", err)
		}
	})
	table := netlinkTable(t)
	s.observer = New(s.keeper, table)
	t.Cleanup(s.observer.Close)
	s.ready()
	return s
}

// netlinkTable is the table of this process's own namespace.
func netlinkTable(t testing.TB) *NetlinkSockets {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	table := NewNetlinkSockets(fd)
	t.Cleanup(func() { _ = table.Close() })
	return table
}

// ready waits for the program to say that it is about to block.
func (s *subject) ready() {
	s.t.Helper()
	select {
	case line := <-s.lines: // empty when the program has ended
		if strings.HasPrefix(line, "cannot ") {
			s.t.Skip("this machine does not let the program: it " + line)
		}
		if _, err := fmt.Sscanf(line, "ready %d", &s.port); err != nil {
			s.t.Fatalf("the program says %q", line)
		}
	case <-time.After(guard):
		s.t.Fatal("the program is not ready")
	}
}

// look takes a picture with everything.
func (s *subject) look() Picture {
	s.t.Helper()
	p, err := s.observer.Look(Everything)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// until looks until done holds for two looks in a row.
func (s *subject) until(what string, done func(earlier, later Picture) bool) (Picture, Picture) {
	s.t.Helper()
	earlier := s.look()
	for deadline := time.Now().Add(guard); ; {
		later := s.look()
		if done(earlier, later) {
			return earlier, later
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("not %s: %+v\n%+v", what, Compare(earlier, later), later.Processes)
		}
		<-time.After(time.Millisecond)
		earlier = later
	}
}

// settled waits until the tree is settled and gives the last look and the verdict.
func (s *subject) settled() (Picture, Rest) {
	s.t.Helper()
	earlier, later := s.until("settled", func(a, b Picture) bool { return len(b.Processes) > 0 && Compare(a, b).Settled })
	return later, Compare(earlier, later)
}

// first is the process of the picture that is nobody's child but the keeper's.
func (s *subject) first(p Picture) Process {
	s.t.Helper()
	if len(p.Processes) == 0 {
		s.t.Fatal("the picture is empty")
	}
	return p.Processes[0]
}

// client connects to the program.
func (s *subject) client() *net.TCPConn {
	s.t.Helper()
	c, err := net.DialTimeout("tcp4", fmt.Sprintf("127.0.0.1:%d", s.port), guard)
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

func addressOf(c *net.TCPConn) netip.AddrPort { return c.LocalAddr().(*net.TCPAddr).AddrPort() }

// connection is the server's end of a client's connection.
func connection(p Picture, c *net.TCPConn) (Socket, bool) {
	return p.Connection(addressOf(c), c.RemoteAddr().(*net.TCPAddr).AddrPort())
}

func (s *subject) say(c io.Writer, text string) {
	s.t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		s.t.Fatal(err)
	}
}

func (s *subject) kill(pid int, sig unix.Signal) {
	s.t.Helper()
	if err := unix.Kill(pid, sig); err != nil {
		s.t.Fatal(err)
	}
}

// mentions says whether some reason holds a text.
func mentions(reasons []string, text string) bool {
	return strings.Contains(strings.Join(reasons, "\n"), text)
}
