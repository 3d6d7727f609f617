package trace

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// Servers in other languages and of other designs. Each prints its port, and echoes.
const pythonServer = `
import socketserver, sys
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(4096):
            self.request.sendall(data)
class Server(socketserver.%s, socketserver.TCPServer):
    daemon_threads = True
with Server(("127.0.0.1", 0), Echo) as s:
    print(s.server_address[1], flush=True)
    s.serve_forever(poll_interval=3600)
`

const goServer = `package main

import (
	"fmt"
	"io"
	"net"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	for {
		c, err := l.Accept()
		if err != nil {
			fmt.Println("accept:", err)
			continue
		}
		go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
	}
}
`

// An echoServer is a process that echoes on a port.
type echoServer struct {
	*testproc.Caller
	t    *testing.T
	port string
}

func startPython(t *testing.T, mixin string) echoServer {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	// Not the shim of a version manager, which is another process.
	real, err := exec.Command(python, "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	return startEcho(t, strings.TrimSpace(string(real)), "-c", fmt.Sprintf(pythonServer, mixin))
}

func startGo(t *testing.T) echoServer {
	t.Helper()
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "echo.go"), filepath.Join(dir, "echo")
	if err := os.WriteFile(source, []byte(goServer), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return startEcho(t, binary)
}

func startEcho(t *testing.T, name string, args ...string) echoServer {
	t.Helper()
	c := testproc.StartLines(t, name, args...)
	return echoServer{c, t, c.Line()}
}

// connect connects and sends a text.
func (s echoServer) connect(text string) net.Conn {
	s.t.Helper()
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+s.port, testproc.Guard)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testproc.Guard)); err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

func (s echoServer) echoes(text string) {
	s.t.Helper()
	conn := s.connect(text)
	got := make([]byte, len(text))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != text {
		s.t.Errorf("echo of %d bytes: %d right, %v", len(text), commonPrefix(string(got), text), err)
	}
}

func commonPrefix(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// Servers that continue a partial transfer lose nothing.
func TestOtherLanguagesUnderShortTransfers(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 512)
	for name, start := range map[string]func(*testing.T) echoServer{
		"python, one process per client": func(t *testing.T) echoServer { return startPython(t, "ForkingMixIn") },
		"python, one thread per client":  func(t *testing.T) echoServer { return startPython(t, "ThreadingMixIn") },
		"go":                             startGo,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t)
			armed := inject(t, s.ID, Injection{Family: Read, Short: 100, On: AnySocket(), Follow: true},
				Injection{Family: Write, Short: 10, On: AnySocket(), Follow: true})
			s.echoes(text)
			if err := armed.Undo(); err != nil {
				t.Fatal(err)
			}
			short := map[int]int{}
			for _, h := range armed.Hits() {
				short[h.Injection]++
			}
			// The text is 8192 bytes: 81 whole reads and 819 whole writes at the least.
			if short[0] < 81 || short[1] < 700 {
				t.Errorf("%d short reads and %d short writes", short[0], short[1])
			}
			s.echoes(text)
		})
	}
}

// Go's net package retries after ECONNABORTED, and returns EMFILE to the program.
func TestGoServerUnderAcceptErrors(t *testing.T) {
	s := startGo(t)
	armed := inject(t, s.ID, Injection{Family: Accept, Errno: unix.ECONNABORTED, Times: 2},
		Injection{Family: Accept, Errno: unix.EMFILE, Times: 1})
	s.echoes("one")
	awaitDone(t, armed, s.PID)
	if got := s.Line(); !strings.Contains(got, "too many open files") {
		t.Errorf("the server said %q", got)
	}
	s.echoes("two")
	if hits := armed.Hits(); len(hits) != 3 || hits[2].Injected != "EMFILE" {
		t.Errorf("%+v", hits)
	}
}

// A server that cannot make a thread for a client closes that client, and goes on.
func TestThreadServerUnderThreadErrors(t *testing.T) {
	s := startPython(t, "ThreadingMixIn")
	armed := inject(t, s.ID, Injection{Family: Thread, Errno: unix.EAGAIN, Times: 1})
	conn := s.connect("lost")
	if n, err := conn.Read(make([]byte, 10)); n != 0 || err == nil {
		t.Errorf("read %d bytes, %v; want an end", n, err)
	}
	awaitDone(t, armed, s.PID)
	s.echoes("found")
}

// Of several children only the one that was named is hit.
func TestOnlyTheChildOfOneClient(t *testing.T) {
	s := startPython(t, "ForkingMixIn")
	first, second := s.connect("1"), s.connect("2")
	for _, conn := range []net.Conn{first, second} {
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	child := holderOf(t, s.PID, first)
	armed, err := Inject(testproc.Within(t), []process.ID{child}, Injection{Family: Read, Errno: unix.ECONNRESET, Times: 1, On: AnySocket()})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := first.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the client of the child that was hit read %d bytes, %v", n, err)
	}
	awaitDone(t, armed)
	if h := armed.Hits(); len(h) != 1 || h[0].PID != child.PID {
		t.Errorf("%+v, want one hit of process %d", h, child.PID)
	}
	if _, err := io.WriteString(second, "3"); err != nil {
		t.Fatal(err)
	}
	if n, err := second.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("the other client read %d bytes, %v", n, err)
	}
}

// holderOf returns the child of a server that holds the other end of a connection.
func holderOf(t *testing.T, server int, client net.Conn) process.ID {
	t.Helper()
	port := client.LocalAddr().(*net.TCPAddr).Port
	data, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	inode := ""
	for _, line := range strings.Split(string(data), "\n") {
		if fields := strings.Fields(line); len(fields) > 9 && strings.HasSuffix(fields[2], fmt.Sprintf(":%04X", port)) {
			inode = fields[9]
		}
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", server, server))
	if err != nil {
		t.Skip("this kernel lists no children")
	}
	for _, child := range strings.Fields(string(children)) {
		var pid int
		if _, err := fmt.Sscan(child, &pid); err != nil {
			t.Fatal(err)
		}
		open, err := procfile.OpenDescriptors(pid)
		if err != nil {
			continue
		}
		for _, fd := range open {
			if procfile.Link(pid, fd) == "socket:["+inode+"]" {
				s, err := procfile.Stat(pid)
				if err != nil {
					t.Fatal(err)
				}
				return process.ID{PID: pid, Start: s.Start}
			}
		}
	}
	t.Fatalf("no child of %d holds socket %s", server, inode)
	return process.ID{}
}
