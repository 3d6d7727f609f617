package denial

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/internal/testaccount"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// A want is what testdata/wants.c does before it listens.
type want struct {
	what string
	// denied says what the sandbox denies to it: "" when nothing is, or the server is
	// to blame itself.
	denied func(a testaccount.Account) string
	// goesOn says that the denial is not the end of the server.
	goesOn bool
}

func always(text string) func(testaccount.Account) string {
	return func(testaccount.Account) string { return text }
}

var wants = []want{
	{what: "nothing", denied: always("")},
	{what: "config", denied: always("open DIR/config for reading")},
	{what: "missing", denied: always("")},
	{what: "log", denied: always("open DIR/log for writing")},
	{what: "run", denied: func(a testaccount.Account) string {
		if a.Name == "user" {
			return "" // it may not outside either
		}
		return "make the directory /run/forkproof-wants"
	}},
	{what: "root", denied: func(a testaccount.Account) string {
		if a.Name == "user" || a.Tier == sandbox.SameUID {
			return ""
		}
		return "become another user, setuid(0)"
	}},
	{what: "chroot", denied: func(a testaccount.Account) string {
		if a.Name == "user" {
			return ""
		}
		return "change its root to DIR"
	}},
	{what: "limit", denied: always("raise a resource limit")},
	{what: "priority", denied: func(a testaccount.Account) string {
		if !a.Root {
			return ""
		}
		return "raise its priority"
	}, goesOn: true},
	{what: "log, priority", denied: always("open DIR/log for writing")},
	{what: "port", denied: func(a testaccount.Account) string {
		if a.Root && a.Tier == sandbox.SameUID {
			return "bind 0.0.0.0:80"
		}
		return ""
	}},
	{what: "ignored", denied: always("open DIR/log for writing"), goesOn: true},
	{what: "mistaken", denied: always("")},
	{what: "child", denied: always("open DIR/log for writing")},
}

// folderVariable names the folder of prepare to the children of the test.
const folderVariable = "FORKPROOF_DENIAL_DIR"

// TestFind has servers want what the sandbox denies, at every isolation that this
// machine can make. It blames the sandbox for nothing that fails outside, too.
func TestFind(t *testing.T) {
	if !testaccount.InChild() {
		if os.Getuid() != 0 {
			t.Skip("only root can make a folder that is not in /tmp")
		}
		t.Setenv(folderVariable, prepare(t))
	}
	testaccount.Each(t, findAll)
}

// prepare returns a folder with wants, and data that every user may read
// and write. It does not lie in /tmp, which a server may use at any isolation.
func prepare(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/lib", "forkproof-denial-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	data := filepath.Join(dir, "data")
	err = errors.Join(
		os.Mkdir(data, 0o777), os.Mkdir(filepath.Join(dir, "bin"), 0o755), os.Chmod(dir, 0o755), os.Chmod(data, 0o777),
		os.WriteFile(filepath.Join(data, "config"), nil, 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
	compile := exec.Command("cc", "-Wall", "-Wextra", "-Werror", "-o", filepath.Join(dir, "bin", "wants"), "testdata/wants.c")
	if output, err := compile.CombinedOutput(); err != nil {
		t.Skipf("cc: %v\n%s", err, output)
	}
	return dir
}

// findAll is the test in the process of an account.
func findAll(t *testing.T, me testaccount.Account) {
	t.Helper()
	dir := os.Getenv(folderVariable)
	for _, w := range wants {
		t.Run(w.what, func(t *testing.T) {
			data := filepath.Join(dir, "data")
			host, err := targets.NewHost(t.Context(), targets.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = host.Close() }()
			// The folder is put together by the server: the command does not name it.
			script := "cd /; exec " + filepath.Join(dir, "bin", "wants") + " '" + w.what + "' $0$1 $2"
			denied, err := Find(t.Context(), host, targets.Command{
				Args: []string{"/bin/sh", "-c", script, data[:len(data)-1], data[len(data)-1:], targets.PortWord},
			})
			if err != nil {
				t.Fatal(err)
			}
			expected := strings.ReplaceAll(w.denied(me), "DIR", data)
			switch {
			case denied == nil && expected != "":
				t.Errorf("nothing was denied, want %q", expected)
			case denied != nil && (expected == "" || !strings.HasPrefix(denied.What, expected)):
				t.Errorf("%v, want %q", denied, expected)
			case denied != nil && denied.Decisive == w.goesOn:
				t.Errorf("%v: decisive is %v", denied, denied.Decisive)
			}
		})
	}
}
