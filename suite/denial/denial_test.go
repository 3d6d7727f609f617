package denial

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// An account is somebody who runs forkproof, with an isolation.
type account struct {
	name       string
	tier       sandbox.Tier
	attributes *syscall.SysProcAttr
	root       bool // on the whole machine
}

const nobody = 65534

func accounts() []account {
	ordinary := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: nobody + 1}}
	inner := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER, UidMappings: all, GidMappings: all, GidMappingsEnableSetgroups: true,
	}
	return []account{
		{"root", sandbox.Auto, nil, true},
		{"root", sandbox.SameUID, nil, true},
		{"user", sandbox.Namespaces, ordinary, false},
		{"user", sandbox.SameUID, ordinary, false},
		{"container", sandbox.OtherUID, inner, false},
	}
}

// A want is what testdata/wants.c does before it listens.
type want struct {
	what string
	// denied says what the sandbox denies to it: "" when nothing is, or the server is
	// to blame itself.
	denied func(a account) string
	// goesOn says that the denial is not the end of the server.
	goesOn bool
}

func always(text string) func(account) string { return func(account) string { return text } }

var wants = []want{
	{what: "nothing", denied: always("")},
	{what: "config", denied: always("open DIR/config for reading")},
	{what: "missing", denied: always("")},
	{what: "log", denied: always("open DIR/log for writing")},
	{what: "run", denied: func(a account) string {
		if a.name == "user" {
			return "" // it may not outside either
		}
		return "make the directory /run/forkproof-wants"
	}},
	{what: "root", denied: func(a account) string {
		if a.name == "user" || a.tier == sandbox.SameUID {
			return ""
		}
		return "become another user, setuid(0)"
	}},
	{what: "chroot", denied: func(a account) string {
		if a.name == "user" {
			return ""
		}
		return "change its root to DIR"
	}},
	{what: "limit", denied: always("raise a resource limit")},
	{what: "port", denied: func(a account) string {
		if a.root && a.tier == sandbox.SameUID {
			return "bind 0.0.0.0:80"
		}
		return ""
	}},
	{what: "ignored", denied: always("open DIR/log for writing"), goesOn: true},
	{what: "mistaken", denied: always("")},
	{what: "child", denied: always("open DIR/log for writing")},
}

const tierVariable, nameVariable, folderVariable = "FORKPROOF_DENIAL_TIER", "FORKPROOF_DENIAL_NAME", "FORKPROOF_DENIAL_DIR"

// TestFind has servers want what the sandbox denies, at every isolation that this
// machine can make. It blames the sandbox for nothing that fails outside, too.
func TestFind(t *testing.T) {
	if tier, isChild := os.LookupEnv(tierVariable); isChild {
		findAll(t, sandbox.Tier(tier), os.Getenv(nameVariable), os.Getenv(folderVariable))
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can imitate other users")
	}
	programs := prepare(t)
	for _, a := range accounts() {
		t.Run(fmt.Sprintf("%s at %s", a.name, a.tier), func(t *testing.T) {
			cmd := exec.Command(filepath.Join(programs, "denial.test"), "-test.run=^TestFind$", "-test.v")
			cmd.Dir = "/"
			cmd.Env = append(os.Environ(), tierVariable+"="+string(a.tier), nameVariable+"="+a.name, folderVariable+"="+programs, "HOME=/")
			cmd.SysProcAttr = a.attributes
			if output, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

// prepare returns a folder with wants, this test, and data that every user may read
// and write. It does not lie in /tmp, which a server may use at any isolation.
func prepare(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/lib", "forkproof-denial-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	test, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	err = errors.Join(
		os.Mkdir(data, 0o777), os.Mkdir(filepath.Join(dir, "bin"), 0o755), os.Chmod(dir, 0o755), os.Chmod(data, 0o777),
		os.WriteFile(filepath.Join(dir, "denial.test"), test, 0o755),
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
func findAll(t *testing.T, tier sandbox.Tier, name, dir string) {
	t.Helper()
	if err := sandbox.Select(tier); err != nil {
		t.Skip(err)
	}
	var me account
	for _, a := range accounts() {
		if a.tier == tier && a.name == name {
			me = a
		}
	}
	for _, w := range wants {
		t.Run(w.what, func(t *testing.T) {
			data := filepath.Join(dir, "data")
			host, err := targets.NewHost(t.Context(), targets.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = host.Close() }()
			// The folder is put together by the server: the command does not name it.
			script := "cd /; exec " + filepath.Join(dir, "bin", "wants") + " " + w.what + " $0$1 $2"
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
