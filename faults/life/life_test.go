package life

import (
	"errors"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
)

// call returns a call of this process, whose memory holds what its arguments point to.
func call(number, result int64, args ...uint64) *made {
	m := &made{spec: calls[uint64(number)], pid: os.Getpid(), result: result, returned: true, outer: func(pid int) int { return pid + 100 }}
	copy(m.args[:], args)
	return m
}

func pointer[T any](v *T) uint64 { return uint64(uintptr(unsafe.Pointer(v))) }

// TestWords: calls stand as in a program.
func TestWords(t *testing.T) {
	text := []byte("hello\n\x1b[31m\x00")
	address := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: 0x5f1b, Addr: [4]byte{127, 0, 0, 1}} // 7007 in network byte order
	action := [4]uint64{4096, 0x10000000 | 1, 0, 0}
	status := uint32(3 << 8)
	set := uint64(1 << (unix.SIGCHLD - 1))
	path := []byte("/etc/passwd\x00")
	minusOne := ^uint64(0)
	for _, c := range []struct {
		made *made
		want string
	}{
		{call(unix.SYS_SOCKET, 3, unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC), "socket(AF_INET, SOCK_STREAM) = 3"},
		{call(unix.SYS_BIND, 0, 3, pointer(&address), unix.SizeofSockaddrInet4), "bind(3, 127.0.0.1:7007) = 0"},
		{call(unix.SYS_ACCEPT4, -int64(unix.EMFILE), 3), "accept(3) = -1 EMFILE"},
		{call(unix.SYS_READ, 6, 4, pointer(&text[0]), 100), `read(4, "hello\n") = 6`},
		{call(unix.SYS_READ, 0, 4, pointer(&text[0]), 100), "read(4) = 0: end of file"},
		{call(unix.SYS_WRITE, 11, 4, pointer(&text[0]), 11), `write(4, "hello\n\x1b[31m") = 11`},
		{call(unix.SYS_WAIT4, 7, minusOne, pointer(&status), unix.WNOHANG), "waitpid(-1, WNOHANG) = 107: exit status 3"},
		{call(unix.SYS_KILL, 0, 7, uint64(unix.SIGTERM)), "kill(107, SIGTERM) = 0"},
		{call(unix.SYS_RT_SIGACTION, 0, uint64(unix.SIGCHLD), pointer(&action)), "sigaction(SIGCHLD, handler, SA_RESTART, SA_NOCLDSTOP) = 0"},
		{call(unix.SYS_RT_SIGPROCMASK, 0, unix.SIG_BLOCK, pointer(&set)), "sigprocmask(SIG_BLOCK, {SIGCHLD}) = 0"},
		{call(unix.SYS_SHUTDOWN, 0, 4, unix.SHUT_WR), "shutdown(4, SHUT_WR) = 0"},
		{call(unix.SYS_OPENAT, 5, minusOne, pointer(&path[0])), `open("/etc/passwd") = 5`},
		{call(unix.SYS_OPENAT, -2, minusOne, 1), `open("") = -1 ENOENT`}, // a bad pointer
	} {
		if got := c.made.String() + c.made.outcome(); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestTables: the model of this process, and what /proc shows of it.
func TestTables(t *testing.T) {
	tables := newTables(func() ([]observe.Socket, error) { return nil, errors.New("there is no table") })
	pid := os.Getpid()
	tables.read(pid)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fd := int(r.Fd())
	opened := tables.set(pid, fd)
	if len(opened) != 1 || opened[0].What != "pipe" || opened[0].Object == 0 || opened[0].FD != fd {
		t.Errorf("a pipe is %+v", opened)
	}
	if again := tables.set(pid, fd); len(again) != 0 {
		t.Errorf("the same again is %+v", again)
	}
	copied := tables.fork(pid, 1<<30)
	if len(copied) != len(tables.of[pid]) || len(copied) == 0 {
		t.Errorf("a child has %d of %d descriptors", len(copied), len(tables.of[pid]))
	}
	if differs := tables.read(pid); len(differs) != 1 || differs[0].FD != int(w.Fd()) { // the other end
		t.Errorf("the kernel shows %+v besides", differs)
	}
	_, _ = r.Close(), w.Close()
	gone := tables.read(pid)
	if len(gone) != 2 || !gone[0].Closed || !gone[1].Closed {
		t.Errorf("when both ends are closed the kernel shows %+v", gone)
	}
}

// TestRename: a socket that listens now is described so in each process that holds it.
func TestRename(t *testing.T) {
	tables := newTables(func() ([]observe.Socket, error) { return nil, nil })
	tables.enter(1, 3, "socket:[5]")
	tables.fork(1, 2)
	changes := tables.rename(2, 3, object{kind: "listening socket", what: "listening socket 0.0.0.0:7007"})
	if len(changes) != 2 || changes[0].PID != 1 || changes[1].PID != 2 || !strings.HasPrefix(changes[0].What, "listening") {
		t.Errorf("it changes %+v", changes)
	}
}
