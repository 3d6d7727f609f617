package catalog

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// guard bounds every wait of a smoke test; it decides nothing.
const guard = 30 * time.Second

// TestSmoke starts every server and says one line to it.
func TestSmoke(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and starts every server")
	}
	servers := embedded(t)
	programs, err := new(Builder).BuildAll(t.Context(), servers)
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) != len(servers) {
		t.Errorf("got %d programs of %d servers: the names are not unique", len(programs), len(servers))
	}
	copyAll(t, programs)
	for _, s := range servers {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			if slices.Contains(s.Breaks, "launch/listens") {
				endsUnheard(t, s, programs[s.Name])
				return
			}
			echoes(t, s, listening(t, s, programs[s.Name]))
		})
	}
}

// copyAll replaces each program by a copy of its own, so that it can be told from
// the same program in other processes. No copy may be open for writing when a
// server starts (execve(2), ETXTBSY), so all are made before the first start.
func copyAll(t *testing.T, programs map[string]string) {
	dir := t.TempDir()
	for name, program := range programs {
		data, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		programs[name] = filepath.Join(dir, name)
		if err := os.WriteFile(programs[name], data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// endsUnheard expects a server to end without having listened.
func endsUnheard(t *testing.T, s Server, program string) {
	p := start(t, program, s.Args)
	if address, listens := p.listensOrEnds(t); listens {
		t.Errorf("it listens on %s", address)
	}
}

// listening starts a server and returns its address. It starts a server with a
// fixed port again until no other process has that port.
func listening(t *testing.T, s Server, program string) string {
	for deadline := time.Now().Add(guard); ; {
		p := start(t, program, s.Args)
		address, listens := p.listensOrEnds(t)
		if listens {
			return address
		}
		output := p.output()
		if strings.Contains(output, "Address family not supported") {
			t.Skip("this machine has no IPv6")
		}
		if !strings.Contains(output, "Address already in use") || time.Now().After(deadline) {
			t.Fatalf("it ended without having listened: %s", output)
		}
	}
}

// echoes sends one line. A correct server returns it, and then the end of file. One of
// another protocol is connected.
func echoes(t *testing.T, s Server, address string) {
	conn, err := net.DialTimeout("tcp", address, guard)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(guard)); err != nil {
		t.Fatal(err)
	}
	if s.Protocol != EchoProtocol {
		return
	}
	const line = "hello, server\n"
	if _, err := io.WriteString(conn, line); err != nil {
		t.Fatal(err)
	}
	if s.Kind == Bad {
		if n, err := conn.Read(make([]byte, len(line))); n == 0 {
			t.Errorf("it answers nothing: %v", err)
		}
		return
	}
	err = conn.(*net.TCPConn).CloseWrite()
	answer, readErr := io.ReadAll(conn)
	if err := errors.Join(err, readErr); err != nil || string(answer) != line {
		t.Errorf("it answers %q, %v", answer, err)
	}
}
