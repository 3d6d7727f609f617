package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// A machine is a poorer machine than this one, imitated in a child process.
type machine struct {
	name string
	// attributes are those of the child: a user, namespaces.
	attributes *syscall.SysProcAttr
	// setting is done in the child before forkproof looks around.
	setting string
	want    []Tier
	reason  []string
}

// ordinary is an ordinary user.
func ordinary() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: wire.Nobody, Gid: wire.Nobody}}
}

// inner is root in a user namespace, with every capability there, as in a
// container without Docker's restrictions.
func inner() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER,
		UidMappings: allUIDs(), GidMappings: allGIDs(), GidMappingsEnableSetgroups: true,
	}
}

func machines() []machine {
	return []machine{
		{name: "this one", want: []Tier{Full, Namespaces}},
		{name: "an ordinary user", attributes: ordinary(), want: []Tier{Namespaces, Full}, reason: []string{"no control group"}},
		{name: "a container's root", attributes: inner(), setting: "seccomp", want: []Tier{OtherUID},
			reason: []string{"operation not permitted", "seccomp=unconfined"}},
		{name: "a container's user", attributes: ordinary(), setting: "seccomp", want: []Tier{SameUID},
			reason: []string{"operation not permitted", "seccomp=unconfined", "not root"}},
		{name: "no user namespaces", attributes: inner(), setting: "no user namespaces, nobody", want: []Tier{SameUID},
			reason: []string{"no space left on device", "sysctl -w user.max_user_namespaces"}},
	}
}

// TestTiers finds the tier of each machine, and starts a server there.
func TestTiers(t *testing.T) {
	if setting, isChild := os.LookupEnv("FORKPROOF_TEST_TIER"); isChild {
		tellTier(t, setting)
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can imitate other users")
	}
	for _, m := range machines() {
		t.Run(m.name, func(t *testing.T) {
			found := tierOf(t, m)
			ok := false
			for _, want := range m.want {
				ok = ok || found.Tier == want
			}
			if !ok {
				t.Errorf("tier %s, want one of %v: %s", found.Tier, m.want, found.Reason)
			}
			for _, part := range m.reason {
				if found.Tier != Full && !strings.Contains(found.Reason, part) {
					t.Errorf("the reason does not say %q: %s", part, found.Reason)
				}
			}
			if found.UID == "0" && found.Tier != SameUID {
				t.Errorf("the server runs as root")
			}
			t.Logf("%+v", found)
		})
	}
}

type toldTier struct {
	Tier                  Tier
	Reason, UID, Asked    string
	Bounds                []string
	NoNewPrivs, Effective string
}

// tierOf runs this test in a child that is the machine.
func tierOf(t *testing.T, m machine) toldTier {
	t.Helper()
	binary := copyOfTest(t)
	cmd := exec.Command(binary, "-test.run=^TestTiers$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "FORKPROOF_TEST_TIER="+m.setting, "HOME=/")
	cmd.SysProcAttr = m.attributes
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var found toldTier
	_, line, _ := strings.Cut(string(output), "told:")
	line, _, _ = strings.Cut(line, "\n")
	if err := json.Unmarshal([]byte(line), &found); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return found
}

// copyOfTest puts this program where everybody can execute it.
func copyOfTest(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "forkproof-tier")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := dir + "/sandbox.test"
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(path, data, 0o755)); err != nil {
		t.Fatal(err)
	}
	return path
}

// tellTier makes the child the machine, and prints what forkproof finds there.
func tellTier(t *testing.T, setting string) {
	switch {
	case setting == "seccomp":
		forbidNamespaces(t)
	case strings.HasPrefix(setting, "no user namespaces"):
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setgroups(nil); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(syscall.Setresgid(wire.Nobody, wire.Nobody, wire.Nobody), syscall.Setresuid(wire.Nobody, wire.Nobody, wire.Nobody)); err != nil {
			t.Fatal(err)
		}
	}
	told := toldTier{Tier: Probe().Tier, Reason: Probe().Reason, Bounds: Probe().Bounds}
	h := host(t)
	_, lines := shell(t, h, "id -u; grep -h NoNewPrivs /proc/self/status; grep -h CapEff /proc/self/status")
	for _, field := range []*string{&told.UID, &told.NoNewPrivs, &told.Effective} {
		if !lines.Scan() {
			t.Fatal("the server said nothing", lines.Err())
		}
		*field = strings.TrimSpace(lines.Text()[strings.LastIndexAny(lines.Text(), "\t ")+1:])
	}
	if told.NoNewPrivs != "1" || strings.Trim(told.Effective, "0") != "" {
		t.Errorf("no_new_privs %s, capabilities %s", told.NoNewPrivs, told.Effective)
	}
	if err := Select(Full); err != nil && told.Tier != Full {
		told.Asked = err.Error()
	}
	data, err := json.Marshal(told)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Printf("told:%s\n", data)
}

// forbidNamespaces refuses what the default seccomp profile of a container
// refuses: clone(2) and unshare(2) with new namespaces, and clone3(2), mount(2).
func forbidNamespaces(t *testing.T) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		t.Skip("the filter is written for amd64")
	}
	const (
		load, equal, set, give = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K,
			unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, unix.BPF_RET | unix.BPF_K
		allow, refuse, missing = 0x7fff0000, 0x00050000 | uint32(unix.EPERM), 0x00050000 | uint32(unix.ENOSYS)
		spaces                 = namespaces | unix.CLONE_NEWUSER | unix.CLONE_NEWNET
	)
	filter := []unix.SockFilter{
		{Code: load, K: 0}, // the number of the call
		{Code: equal, K: unix.SYS_CLONE3, Jt: 5},
		{Code: equal, K: unix.SYS_MOUNT, Jt: 5},
		{Code: equal, K: unix.SYS_CLONE, Jt: 1},
		{Code: equal, K: unix.SYS_UNSHARE, Jf: 4},
		{Code: load, K: 16}, // its first argument
		{Code: set, K: spaces, Jt: 1, Jf: 2},
		{Code: give, K: missing},
		{Code: give, K: refuse},
		{Code: give, K: allow},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	const allThreads = 1 // SECCOMP_FILTER_FLAG_TSYNC
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, 1, allThreads, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		t.Fatal(errno)
	}
}
