package sandbox

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// An Isolation says how far a server is kept from the machine.
type Isolation struct {
	// Network says that each server has a network namespace of its own.
	Network bool
	// user says that a user namespace is needed to make it.
	user bool
	// Reason says why it is not a better one: the step and the errno. Empty when it is the best.
	Reason string
}

// String names the isolation for a report.
func (i Isolation) String() string {
	switch {
	case i.user:
		return "process tree, user and network namespace"
	case i.Network:
		return "process tree, network namespace"
	default:
		return "process tree"
	}
}

// attributes are those a keeper is cloned with.
func (i Isolation) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setsid: true}
	if !i.Network {
		return attr
	}
	attr.Cloneflags = unix.CLONE_NEWNET
	if i.user {
		// The server keeps the uid it would have had; CAP_NET_ADMIN brings up lo,
		// CAP_SYS_ADMIN makes the second namespace; see ownTable.
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
		attr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_SYS_ADMIN}
	}
	return attr
}

// Probe finds the best isolation that this machine allows, by trying. The
// answer is kept for the life of the process.
var Probe = sync.OnceValue(probe)

func probe() Isolation {
	var reasons []error
	for _, try := range []Isolation{{Network: true}, {Network: true, user: true}} {
		host, err := open(try, DefaultMaxProcesses)
		if err == nil {
			_ = host.Close()
			return try
		}
		reasons = append(reasons, fmt.Errorf("%v: %w", try, err))
	}
	return Isolation{Reason: errors.Join(reasons...).Error()}
}
