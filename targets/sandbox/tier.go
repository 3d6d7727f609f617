package sandbox

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// A Tier names how far a server is kept from the machine. The names are part of
// forkproof's interface.
type Tier string

// The tiers, best first.
const (
	// Full: namespaces of its own, and control groups that bound processes and
	// memory of the whole tree.
	Full Tier = "full"
	// Namespaces: pid, user, network, mount, ipc and uts namespaces of its own.
	Namespaces Tier = "namespaces"
	// OtherUID: another uid than forkproof's, which is root, and Landlock.
	OtherUID Tier = "uid"
	// SameUID: forkproof's own uid, and Landlock.
	SameUID Tier = "same-uid"
)

// Auto asks for the best tier that there is.
const Auto Tier = "auto"

// Tiers are all there are, best first.
func Tiers() []Tier { return []Tier{Full, Namespaces, OtherUID, SameUID} }

// A TierError says that the machine does not allow the tier that was asked for.
type TierError struct {
	Wanted, Best Tier
	// Reason is the step that failed, with its errno, and what to change.
	Reason string
}

func (e *TierError) Error() string {
	return fmt.Sprintf("isolation %s is not possible here, but %s is: %s", e.Wanted, e.Best, e.Reason)
}

// wantedTier is what Select was called with.
var wantedTier = Auto

// Select chooses the tier for all hosts of this process. It is called before
// the first of them is opened. The error is a *TierError when the machine does
// not allow it.
func Select(tier Tier) error {
	wantedTier = tier
	found := Probe()
	if tier == Auto || found.Tier == tier {
		return nil
	}
	return &TierError{Wanted: tier, Best: found.Tier, Reason: found.Reason}
}

// Probe finds the isolation for this process by trying: the tier that Select
// asked for, or the best there is. The answer is kept for the life of the process.
var Probe = sync.OnceValue(func() Isolation {
	found := probe(wantedTier)
	if !found.PIDs {
		// A server that may trace forkproof could hold it up.
		_ = unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	}
	return found
})

// probe tries the tiers, best first.
func probe(wanted Tier) Isolation {
	var reasons []string
	for _, try := range candidates(wanted) {
		found, err := attempt(try)
		if err == nil {
			if found.Reason == "" {
				found.Reason = strings.Join(reasons, "; ")
			}
			return found
		}
		remedy := ""
		if try.PIDs {
			remedy = advice(err)
		}
		if len(reasons) > 0 && strings.HasSuffix(reasons[len(reasons)-1], remedy) {
			remedy = "" // said already
		}
		reasons = append(reasons, err.Error()+remedy)
	}
	return Isolation{Tier: SameUID, Reason: strings.Join(reasons, "; ")}
}

// candidates are what to try for a tier, best first. The last ones are tried
// when the tier that was asked for cannot be had, to name the best.
func candidates(wanted Tier) []Isolation {
	spaces := Isolation{
		Tier: Namespaces, PIDs: true, Network: true, otherUID: canMapNobody() == nil, noCgroup: wanted == Namespaces,
	}
	withUser := spaces
	withUser.user = true
	all := []Isolation{withUser}
	if os.Getuid() == 0 { // it can do without a user namespace, where those are forbidden
		all = append(all, spaces)
	}
	all = append(all, Isolation{Tier: OtherUID, otherUID: true}, Isolation{Tier: SameUID})
	return slices.DeleteFunc(all, func(i Isolation) bool {
		return wanted == OtherUID && i.PIDs || wanted == SameUID && i.Tier != SameUID
	})
}

// attempt opens a host, and says what holds there.
func attempt(try Isolation) (Isolation, error) {
	if try.Tier == OtherUID {
		if err := canChangeUser(); err != nil {
			return try, err
		}
	}
	limits := DefaultLimits()
	host, err := open(try, limits)
	if err != nil {
		return try, err
	}
	found := host.Isolation()
	if err := host.Close(); err != nil {
		return try, err
	}
	switch {
	case found.Tier != Namespaces || try.noCgroup:
	case found.CgroupReason == nil:
		found.Tier = Full
	default:
		found.Reason = "no control group: " + found.CgroupReason.Error()
	}
	return found, nil
}

// neededOf are the capabilities without which a server of another uid cannot be
// started, or not be observed and provoked: prlimit(2), and /proc/PID/fd, which
// ptrace(2) access is needed for.
var neededOf = []struct {
	bit  uint
	name string
}{
	{unix.CAP_SETUID, "SETUID"}, {unix.CAP_SETGID, "SETGID"}, {unix.CAP_KILL, "KILL"},
	{unix.CAP_SYS_PTRACE, "SYS_PTRACE"}, {unix.CAP_SYS_RESOURCE, "SYS_RESOURCE"},
}

// canChangeUser says why the server cannot run as another user; nil when it can.
func canChangeUser() error {
	if err := canMapNobody(); err != nil {
		return err
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return fmt.Errorf("another uid for the server: capget: %w", err)
	}
	var missing []string
	for _, needed := range neededOf {
		if data[0].Effective>>needed.bit&1 == 0 {
			missing = append(missing, needed.name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("another uid for the server, whom forkproof could then not look at: capabilities %s are missing: %w (docker run --cap-add %s)",
			strings.Join(missing, ", "), unix.EPERM, strings.Join(missing, " --cap-add "))
	}
	return nil
}

// canMapNobody says why there is no other user; nil when there is.
func canMapNobody() error {
	if os.Getuid() != 0 {
		return errors.New("another uid for the server: forkproof is not root")
	}
	for _, known := range []struct {
		path string
		ids  []syscall.SysProcIDMap
	}{{uidMap, allUIDs()}, {gidMap, allGIDs()}} {
		if !slices.ContainsFunc(known.ids, covers(wire.Nobody)) {
			return fmt.Errorf("another uid for the server: %d is not in %s: %w", wire.Nobody, known.path, unix.EINVAL)
		}
	}
	return nil
}
