package hostiletest

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// An account is the user that runs forkproof, with the privileges that the
// machine grants to that user.
type account struct {
	Name string
	// UID is the user's; 0 has every privilege but those that Container drops.
	UID int
	// Container applies a container's default profile: it installs a seccomp
	// filter and drops all capabilities but a few.
	Container bool
	// Added are capabilities that the container keeps besides the default ones.
	Added []uintptr
	// NoUserNamespaces sets user.max_user_namespaces to 0.
	NoUserNamespaces bool
	// UserNamespace makes its root the root of a user namespace only, with every
	// capability there. The machine's root may lack some.
	UserNamespace bool
	// NoLandlock has the container's filter refuse Landlock, as an old kernel does.
	NoLandlock bool
	// Tier is the isolation that forkproof must find.
	Tier string
	// Subset limits it to the representative servers: another account with the
	// same isolation judges all of them.
	Subset bool
	// Slow also judges the server that never settles, which takes a minute.
	Slow bool
}

const nobody = 65534

// accounts are those that root can take on.
var accounts = []account{
	{Name: "root", Tier: "full", Slow: true},
	{Name: "user", UID: nobody, Tier: "namespaces"},
	{Name: "container-admin", Container: true, Added: []uintptr{unix.CAP_SYS_PTRACE, unix.CAP_SYS_RESOURCE},
		UserNamespace: true, Tier: "uid"},
	{Name: "container-user", UID: nobody, Container: true, Tier: "same-uid", Slow: true},
	{Name: "container-root", Container: true, Tier: "same-uid", Subset: true},
	{Name: "no-user-namespaces", UID: nobody, NoUserNamespaces: true, Tier: "same-uid", Subset: true},
}

// kept are the capabilities that a container has by default: those of Docker,
// https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities.
var kept = map[uintptr]bool{
	unix.CAP_CHOWN: true, unix.CAP_DAC_OVERRIDE: true, unix.CAP_FOWNER: true, unix.CAP_FSETID: true,
	unix.CAP_KILL: true, unix.CAP_SETGID: true, unix.CAP_SETUID: true, unix.CAP_SETPCAP: true,
	unix.CAP_NET_BIND_SERVICE: true, unix.CAP_NET_RAW: true, unix.CAP_SYS_CHROOT: true,
	unix.CAP_MKNOD: true, unix.CAP_AUDIT_WRITE: true, unix.CAP_SETFCAP: true,
}

const (
	accountVariable = "FORKPROOF_HOSTILE_ACCOUNT"
	nextVariable    = "FORKPROOF_HOSTILE_NEXT" // the role of the program that the account runs
)

// attributes returns the attributes of the process that takes on the account.
// A user namespace of its own has its own max_user_namespaces.
func (a account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if a.NoUserNamespaces || a.UserNamespace {
		every := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1 << 16}}
		attr.Cloneflags = unix.CLONE_NEWUSER
		attr.UidMappings, attr.GidMappings, attr.GidMappingsEnableSetgroups = every, every, true
	}
	return attr
}

// become takes on the account in the environment and executes the command in
// the arguments.
func become() error {
	var a account
	if err := json.Unmarshal([]byte(os.Getenv(accountVariable)), &a); err != nil {
		return fmt.Errorf("read the account: %w", err)
	}
	runtime.LockOSThread()
	if !a.Container { // a container's filter refuses keys to forkproof, too
		takeKey()
	}
	if a.NoUserNamespaces {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			return err
		}
	}
	if a.Container {
		if err := containerise(a.Added, a.NoLandlock); err != nil {
			return err
		}
	}
	if a.UID != 0 && os.Getuid() == 0 {
		if err := changeUser(a.UID); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("drop ambient capabilities: %w", err)
	}
	environment := []string{roleVariable + "=" + os.Getenv(nextVariable)}
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "FORKPROOF_HOSTILE_") {
			environment = append(environment, entry)
		}
	}
	if err := syscall.Exec(os.Args[1], os.Args[1:], environment); err != nil {
		return fmt.Errorf("run %s: %w", os.Args[1], err)
	}
	return nil
}

// containerise drops from the calling thread what a container lacks.
func containerise(added []uintptr, noLandlock bool) error {
	if err := filterSystemCalls(noLandlock); err != nil {
		return err
	}
	for capability := uintptr(0); capability <= unix.CAP_LAST_CAP; capability++ {
		if kept[capability] || slices.Contains(added, capability) {
			continue
		}
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
			return fmt.Errorf("drop capability %d: %w", capability, err)
		}
	}
	return nil
}

// changeUser changes the ids of the calling thread alone.
func changeUser(uid int) error {
	id := uintptr(uid)
	for _, call := range []struct {
		name       string
		trap, a, b uintptr
		c          uintptr
	}{
		{"setgroups", unix.SYS_SETGROUPS, 0, 0, 0},
		{"setresgid", unix.SYS_SETRESGID, id, id, id},
		{"setresuid", unix.SYS_SETRESUID, id, id, id},
	} {
		if _, _, errno := unix.RawSyscall(call.trap, call.a, call.b, call.c); errno != 0 {
			return fmt.Errorf("%s: %w", call.name, errno)
		}
	}
	return nil
}
