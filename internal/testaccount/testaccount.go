// Package testaccount runs a test once more as other users and at other isolations,
// as far as this machine can make them.
package testaccount

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// An Account is a user who runs forkproof, with the isolation that this user can have.
type Account struct {
	Name string
	Tier sandbox.Tier
	// Root says that it is root on the whole machine, and not in a user namespace.
	Root bool

	attributes *syscall.SysProcAttr
}

// variable holds the index of the account in a child.
const variable = "FORKPROOF_TEST_ACCOUNT"

// nobody is the uid and gid of an ordinary user on every machine.
const nobody = 65534

// all are the accounts: root, an ordinary user, and root in a user namespace, with
// every capability there, as in a container.
func all() []Account {
	ordinary := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	ids := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: nobody + 1}}
	inner := &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWUSER, UidMappings: ids, GidMappings: ids, GidMappingsEnableSetgroups: true,
	}
	return []Account{
		{"root", sandbox.Auto, true, nil},
		{"root", sandbox.SameUID, true, nil},
		{"user", sandbox.Namespaces, false, ordinary},
		{"user", sandbox.SameUID, false, ordinary},
		{"container", sandbox.OtherUID, false, inner},
	}
}

// Each runs test as each account, in a process of its own. What comes before it in
// the test runs there, too, unless InChild says so. Only root can be others; for
// another user the test runs as it is.
func Each(t *testing.T, test func(t *testing.T, a Account)) {
	t.Helper()
	if InChild() {
		index, err := strconv.Atoi(os.Getenv(variable))
		if err != nil {
			t.Fatal(err)
		}
		a := all()[index]
		if err := sandbox.Select(a.Tier); err != nil {
			t.Skip(err)
		}
		test(t, a)
		return
	}
	if os.Getuid() != 0 {
		test(t, Account{Name: "user", Tier: sandbox.Auto})
		return
	}
	program := copyOfTest(t)
	for i, a := range all() {
		t.Run(fmt.Sprintf("%s at %s", a.Name, a.Tier), func(t *testing.T) {
			cmd := exec.Command(program, "-test.run=^"+filepath.Dir(t.Name())+"$", "-test.v")
			cmd.Dir = "/"
			cmd.Env = append(os.Environ(), variable+"="+strconv.Itoa(i), "HOME=/")
			cmd.SysProcAttr = a.attributes
			output, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, output)
			}
		})
	}
}

// InChild says whether this process is one of an account.
func InChild() bool { return os.Getenv(variable) != "" }

// copyOfTest puts this program where everybody can execute it.
func copyOfTest(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "forkproof-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "test")
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, data, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}
