package look_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/internal/testaccount"
	"github.com/forkproof/forkproof/observe"
	_ "github.com/forkproof/forkproof/suite" // the catalogue
	"github.com/forkproof/forkproof/suite/look"
	"github.com/forkproof/forkproof/targets/catalog"
)

// serversVariable names the folder that the children of the test find the servers in.
const serversVariable = "FORKPROOF_TEST_LOOK"

// visits are what clients do to a server, and what a look shows then.
var visits = []struct {
	server string
	do     func(*testing.T, *visited)
	wrong  []string // of requirements
	cause  string   // in the title of the first cause
	wants  string   // in the summary
}{
	{"reference", stay, nil, "", "4 processes, 3 connections, no zombie"},
	{"reference", endTogether, nil, "", "1 process, no connection, no zombie"},
	{"reap-once", endTogether, []string{"reaping/five-at-once"}, "does not wait for every child", "1 process, no connection, 4 zombies"},
	{"never-waits", endTogether, []string{"reaping/one"}, "waits for none of its children", "5 zombies"},
	{"parent-keeps-connection", firstLeaves, []string{"descriptors/parent-closes-connection"}, "closes the connected socket in the parent", "1 in CLOSE_WAIT"},
	{"child-keeps-listener", stay, []string{"descriptors/child-closes-listener"}, "keeps the listening socket", "3 connections"},
	{"threads", stay, nil, "", "1 process, 3 connections, no zombie"},
	{"prefork", stay, nil, "", "3 connections, no zombie"},
	{"socat", stay, nil, "", "7 processes, 3 connections, no zombie"},
}

func TestLook(t *testing.T) {
	if testing.Short() {
		t.Skip("starts nine servers as five accounts")
	}
	if !testaccount.InChild() {
		t.Setenv(serversVariable, build(t))
	}
	testaccount.Each(t, func(t *testing.T, _ testaccount.Account) {
		for i, v := range visits {
			t.Run(fmt.Sprintf("%d %s", i, v.server), func(t *testing.T) {
				s := start(t, v.server)
				v.do(t, s)
				seen := s.look(t)
				var ids []string
				for _, w := range seen.Wrong {
					ids = append(ids, w.ID)
				}
				result, err := seen.Result()
				if err != nil {
					t.Fatal(err)
				}
				if len(v.wrong) > 0 && !slices.Contains(ids, v.wrong[0]) || len(v.wrong) == 0 && len(ids) > 0 {
					t.Errorf("it shows %v, want %v", ids, v.wrong)
				}
				if v.cause != "" && (len(result.Causes) == 0 || !strings.Contains(result.Causes[0].Title, v.cause)) {
					t.Errorf("causes %+v, want %q first", result.Causes, v.cause)
				}
				if !strings.Contains(seen.Summary(), v.wants) {
					t.Errorf("summary %q, want %q in it", seen.Summary(), v.wants)
				}
				if notes := seen.Notes(); len(notes) > 0 {
					t.Errorf("notes %q", notes)
				}
			})
		}
		t.Run("another user's", another)
	})
}

// another looks at a process of root.
func another(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may see all")
	}
	l, err := look.At(1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	seen, err := l.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(seen.Notes(), "\n")
	if !strings.Contains(notes, "/proc does not show the descriptors and calls of process") || !strings.Contains(notes, "as root, or as the user with uid 0") {
		t.Errorf("it says %q of what it cannot see", notes)
	}
}

func TestNoSuchProcess(t *testing.T) {
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if _, err := look.At(cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), "there is no process") {
		t.Errorf("the error is %v", err)
	}
}

// TestLookChangesNothing compares what the kernel counts of the server before and after
// ten looks: a process that was stopped, traced or sent a signal would have been
// scheduled for that.
func TestLookChangesNothing(t *testing.T) {
	t.Setenv(serversVariable, build(t))
	s := start(t, "parent-keeps-connection")
	stay(t, s)
	s.look(t) // it sleeps
	before := counters(t, s.cmd.Process.Pid)
	for range 10 {
		if seen := s.look(t); len(seen.Wrong) == 0 {
			t.Error("a look shows nothing")
		}
	}
	if after := counters(t, s.cmd.Process.Pid); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
}

// counters returns the lines of proc_pid_status(5) about signals, tracing and scheduling,
// and what the process has read and written. SigQ counts for the whole user, so it is left out.
func counters(t *testing.T, pid int) string {
	t.Helper()
	var lines []string
	for _, name := range []string{"status", "io", "schedstat"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, name))
		if err != nil && name == "status" {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if name != "status" || slices.ContainsFunc([]string{"SigP", "SigB", "SigI", "SigC", "Shd", "Tracer", "voluntary", "nonvoluntary", "State"},
				func(word string) bool { return strings.HasPrefix(line, word) }) {
				lines = append(lines, line)
			}
		}
	}
	return strings.Join(lines, "")
}

func TestChanges(t *testing.T) {
	t.Setenv(serversVariable, build(t))
	s := start(t, "never-waits")
	before := s.look(t)
	one := s.connect(t)
	with := s.look(t)
	_ = one.Close()
	after := s.await(t, func(p observe.Picture) bool { return len(p.Zombies()) == 1 })
	came, left := strings.Join(with.Changes(before), "\n"), strings.Join(after.Changes(with), "\n")
	for _, want := range []string{" is new, a child of ", ": opened FD 4, connection from 127.0.0.1:"} {
		if !strings.Contains(came, want) {
			t.Errorf("a client came:\n%s\nwant %q", came, want)
		}
	}
	for _, want := range []string{" is a zombie: it has ended, and ", "wrong: 1 zombie left"} {
		if !strings.Contains(left, want) {
			t.Errorf("the client left:\n%s\nwant %q", left, want)
		}
	}
	if again := after.Changes(after); len(again) > 0 {
		t.Errorf("nothing changed, and it says %q", again)
	}
}

// build puts the servers into a folder that every user may read.
func build(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "forkproof-look-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	err = os.Chmod(dir, 0o755)
	for _, v := range visits {
		if v.server == "socat" {
			continue
		}
		command, failed := catalog.Command(t.Context(), v.server)
		if failed != nil {
			t.Skip(failed)
		}
		program, failed := os.ReadFile(command.Args[0])
		err = errors.Join(err, failed, os.WriteFile(filepath.Join(dir, v.server), program, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A visited is a server that runs outside of forkproof, as any other.
type visited struct {
	cmd     *exec.Cmd
	looker  *look.Looker
	address netip.AddrPort
	clients []net.Conn
}

func start(t *testing.T, name string) *visited {
	t.Helper()
	s := &visited{}
	if s.cmd = exec.Command(filepath.Join(os.Getenv(serversVariable), name), "0"); name == "socat" {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		s.cmd = exec.Command(path, "TCP4-LISTEN:0,fork", "EXEC:cat")
	}
	s.cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = unix.Kill(-s.cmd.Process.Pid, unix.SIGKILL)
		_ = s.cmd.Wait()
		for _, c := range s.clients {
			_ = c.Close()
		}
	})
	var err error
	if s.looker, err = look.At(s.cmd.Process.Pid); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.looker.Close() })
	first := s.await(t, func(p observe.Picture) bool { return len(p.Listening()) > 0 })
	local := first.Picture.Listening()[0].Socket.Local
	s.address = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), local.Port())
	return s
}

func (s *visited) look(t *testing.T) look.Seen {
	t.Helper()
	seen, err := s.looker.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// await looks until it sees what is wanted.
func (s *visited) await(t *testing.T, wanted func(observe.Picture) bool) (seen look.Seen) {
	t.Helper()
	err := poll.Quick.Until(t.Context(), func() (bool, error) {
		seen = s.look(t)
		return wanted(seen.Picture), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// connect connects a client and has it answered.
func (s *visited) connect(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp4", s.address.String())
	if err != nil {
		t.Fatal(err)
	}
	s.clients = append(s.clients, c)
	said, heard := []byte("hello\n"), make([]byte, 6)
	if _, err := c.Write(said); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(heard); err != nil || !bytes.Equal(said, heard) {
		t.Fatalf("it answers %q, %v", heard, err)
	}
	return c
}

func stay(t *testing.T, s *visited) {
	for range 3 {
		s.connect(t)
	}
}

func firstLeaves(t *testing.T, s *visited) {
	stay(t, s)
	_ = s.clients[0].Close()
	s.await(t, func(p observe.Picture) bool { return len(p.Live()) == 3 })
}

// endTogether has five clients leave while the server is stopped.
func endTogether(t *testing.T, s *visited) {
	for range 5 {
		s.connect(t)
	}
	pid := s.cmd.Process.Pid
	if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.await(t, func(p observe.Picture) bool { return p.Processes[0].State == observe.Stopped })
	for _, c := range s.clients {
		_ = c.Close()
	}
	s.await(t, func(p observe.Picture) bool { return len(p.Zombies()) == 5 })
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.await(t, func(p observe.Picture) bool { return p.Processes[0].State == observe.Sleeping })
}
