package targets_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// TestSharedHost runs a server by hand. It is reached on the machine's network,
// sees no file that is not its own, has no terminal, and what it prints is escaped.
func TestSharedHost(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("told"), 0o644); err != nil {
		t.Fatal(err)
	}
	reference, err := catalog.Command(t.Context(), catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	host, err := targets.NewSharedHost(t.Context(), targets.DefaultLimits(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = host.Close() }()
	isolation := host.Isolation()
	if isolation.Network {
		t.Error("it has a network of its own")
	}
	var out strings.Builder
	escaper := report.NewEscaper(&out)
	script := `printf 'a\033[2J\n::error::b\n'; test -t 0 && echo terminal; read line; echo "read $line"; cat ` +
		secret[:len(secret)-1] + `? ; exec ` + reference.Args[0] + ` {port}`
	command := targets.Command{Args: []string{"/bin/sh", "-c", script}}
	server, err := host.StartByHand(t.Context(), command, targets.Streams{In: strings.NewReader("typed\n"), Out: escaper})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(server.Listening.Port()))), 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "hello\n"); err != nil {
		t.Error(err)
	}
	_ = conn.Close()
	if err := host.Close(); err != nil {
		t.Error(err)
	}
	<-server.Output().Done()
	if err := escaper.Close(); err != nil {
		t.Error(err)
	}
	text := out.String()
	for _, line := range []string{"a\\x1b[2J\n", report.Line("::error::b") + "\n", "read typed\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("%q is not in the output:\n%s", line, text)
		}
	}
	if strings.Contains(text, "told") || strings.Contains(text, "terminal") {
		t.Errorf("it reads a file of others, or has a terminal (isolation %s):\n%s", isolation, text)
	}
}
