package sandbox

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// An Isolation says how far a server is kept from the machine.
type Isolation struct {
	// Tier names it.
	Tier Tier
	// Network says that each server has a network namespace of its own.
	Network bool
	// PIDs says that its tree is a pid namespace, with mount, ipc and uts
	// namespaces; when it ends, the kernel ends every process of it.
	PIDs bool
	// user says that a user namespace is made for it.
	user bool
	// otherUID says that forkproof is root, and the server is not.
	otherUID bool
	// noCgroup says that no control group is made.
	noCgroup bool
	// Bounds are the means by which the kernel keeps the number of processes
	// within the limit. With none, growth is noticed and ended, not prevented.
	Bounds []string
	// CgroupReason says why no control group bounds it; nil when one does.
	CgroupReason error
	// Reason says why it is not a better one: the step, the errno and what to
	// change. Empty when it is the best.
	Reason string
}

// String names the isolation for a report.
func (i Isolation) String() string { return string(i.Tier) }

// means names what the isolation is made of.
func (i Isolation) means() string {
	switch {
	case i.user:
		return "new user, pid, network, mount, ipc and uts namespaces"
	case i.PIDs:
		return "new pid, network, mount, ipc and uts namespaces"
	}
	return "no new namespaces"
}

// namespaces are those that make a tree of its own.
const namespaces = unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC | unix.CLONE_NEWUTS

// lent are the capabilities that an init without root has in its own user
// namespace: for the network, for mounts and their namespaces, for pids, to kill
// whatever its tree becomes, and to set limits.
var lent = []uintptr{
	unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN, unix.CAP_KILL, unix.CAP_SYS_RESOURCE,
	unix.CAP_SETPCAP, unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SYS_CHROOT,
}

// attributes are those an init is cloned with.
func (i Isolation) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if i.Network {
		attr.Cloneflags |= unix.CLONE_NEWNET
	}
	if i.PIDs {
		attr.Cloneflags |= namespaces
	}
	if i.user {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings, attr.GidMappings = ownID(os.Getuid()), ownID(os.Getgid())
		if os.Getuid() == 0 {
			attr.UidMappings, attr.GidMappings = allUIDs(), allGIDs()
			attr.GidMappingsEnableSetgroups = true
		}
		if os.Getuid() != 0 {
			attr.AmbientCaps = lent
		}
	}
	return attr
}

func ownID(id int) []syscall.SysProcIDMap {
	return []syscall.SysProcIDMap{{ContainerID: id, HostID: id, Size: 1}}
}

// uidMap and gidMap name the ids that there are.
const (
	uidMap = "/proc/self/uid_map"
	gidMap = "/proc/self/gid_map"
)

// allUIDs and allGIDs map every id that there is to itself, user_namespaces(7).
var (
	allUIDs = sync.OnceValue(func() []syscall.SysProcIDMap { return allIDs(uidMap) })
	allGIDs = sync.OnceValue(func() []syscall.SysProcIDMap { return allIDs(gidMap) })
)

func allIDs(path string) []syscall.SysProcIDMap {
	data, err := os.ReadFile(path)
	if err != nil {
		return ownID(0)
	}
	var list []syscall.SysProcIDMap
	for line := range strings.Lines(string(data)) {
		var inside, outside, size int
		if _, err := fmt.Sscan(line, &inside, &outside, &size); err == nil {
			list = append(list, syscall.SysProcIDMap{ContainerID: inside, HostID: inside, Size: size})
		}
	}
	return list
}

// covers finds the mapping of an id.
func covers(id int) func(syscall.SysProcIDMap) bool {
	return func(m syscall.SysProcIDMap) bool { return id >= m.ContainerID && id-m.ContainerID < m.Size }
}
