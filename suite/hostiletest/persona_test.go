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

// A persona is who runs forkproof, and what the machine grants to him.
type persona struct {
	Name string
	// UID is the user's; 0 has every right but those that Container takes.
	UID int
	// Container takes what a container's default profile takes: a seccomp
	// filter, and all capabilities but a few.
	Container bool
	// Added are capabilities that the container is given besides.
	Added []uintptr
	// NoUserNamespaces sets user.max_user_namespaces to 0.
	NoUserNamespaces bool
	// UserNamespace has its root be root of a user namespace only, with every
	// capability there: the machine's own may lack some.
	UserNamespace bool
	// NoLandlock has the container's filter refuse Landlock, as an old kernel does.
	NoLandlock bool
	// Tier is the isolation that forkproof must find there.
	Tier string
	// Few has it judge some servers only: its isolation is that of another
	// persona, who judges them all.
	Few bool
	// Patient has it judge also the server that changes for as long as it is let.
	Patient bool
}

const nobody = 65534

// personas are those that a machine can imitate when root runs the tests.
var personas = []persona{
	{Name: "root", Tier: "full", Patient: true},
	{Name: "user", UID: nobody, Tier: "namespaces"},
	{Name: "container-admin", Container: true, Added: []uintptr{unix.CAP_SYS_PTRACE, unix.CAP_SYS_RESOURCE},
		UserNamespace: true, Tier: "uid"},
	{Name: "container-user", UID: nobody, Container: true, Tier: "same-uid", Patient: true},
	{Name: "container-root", Container: true, Tier: "same-uid", Few: true},
	{Name: "no-user-namespaces", UID: nobody, NoUserNamespaces: true, Tier: "same-uid", Few: true},
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
	personaVariable = "FORKPROOF_HOSTILE_PERSONA"
	nextVariable    = "FORKPROOF_HOSTILE_NEXT" // the role of the program that the persona runs
)

// attributes are those that the program which becomes the persona starts with:
// the number of user namespaces is a setting of each of them.
func (p persona) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if p.NoUserNamespaces || p.UserNamespace {
		every := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1 << 16}}
		attr.Cloneflags = unix.CLONE_NEWUSER
		attr.UidMappings, attr.GidMappings, attr.GidMappingsEnableSetgroups = every, every, true
	}
	return attr
}

// become makes this process the persona that the environment names, and runs
// the command that its arguments are.
func become() error {
	var p persona
	if err := json.Unmarshal([]byte(os.Getenv(personaVariable)), &p); err != nil {
		return fmt.Errorf("read the persona: %w", err)
	}
	runtime.LockOSThread()
	if !p.Container { // there keys are refused to whoever runs forkproof, too
		takeKey()
	}
	if p.NoUserNamespaces {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			return err
		}
	}
	if p.Container {
		if err := containerise(p.Added, p.NoLandlock); err != nil {
			return err
		}
	}
	if p.UID != 0 && os.Getuid() == 0 {
		if err := changeUser(p.UID); err != nil {
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

// containerise takes from the calling thread what a container lacks.
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
