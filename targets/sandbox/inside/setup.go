package inside

import (
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// usualUmask is the umask that most systems begin a session with, umask(2).
const usualUmask = 0o022

// setUp makes the init what the plan says.
func (k *initProcess) setUp(packets *wire.Receiver) error {
	m, fds, err := packets.Next()
	if err != nil {
		return err
	}
	if m.Plan == nil || len(fds) != len(m.Plan.Cgroups) {
		return fmt.Errorf("the first message is no plan, or its %d descriptors do not fit: %w", len(fds), unix.EINVAL)
	}
	k.plan, k.places = *m.Plan, fds
	if err := hideDescriptors(controlFD + 1); err != nil {
		return err
	}
	if err := setMask(nil); err != nil {
		return fmt.Errorf("empty the signal mask: %w", err)
	}
	unix.Umask(usualUmask) // of all threads and of the servers, whatever forkproof's is
	if k.nice, err = wire.Nice(0); err != nil {
		return err
	}
	if k.plan.Network {
		_ = smallTables() // without tables of their own, hosts are only slower
	}
	if k.plan.Mounts {
		if err := privateMounts(); err != nil {
			return err
		}
	}
	if k.plan.PIDs {
		return k.beInit()
	}
	return k.beSubreaper()
}

// beInit makes the init a process 1 that nobody below it can harm: from
// inside, a signal reaches process 1 only when it has a handler, and the Go
// runtime installs one for every signal; see pid_namespaces(7).
func (k *initProcess) beInit() error {
	layerSystem()
	if boundPIDs(k.plan.Limits) {
		k.bounds = append(k.bounds, wire.BoundPIDMax)
	}
	if k.plan.User {
		if err := os.WriteFile("/proc/sys/user/max_user_namespaces", []byte("0"), 0); err != nil {
			return fmt.Errorf("forbid further user namespaces: %w", err)
		}
		k.bounds = append(k.bounds, wire.BoundNProc)
	}
	if err := unix.Sethostname([]byte("localhost")); err != nil {
		return fmt.Errorf("name the host: %w", err)
	}
	for sig := unix.Signal(1); sig <= lastSignal; sig++ {
		if sig != unix.SIGKILL && sig != unix.SIGSTOP {
			_ = setDisposition(sig, sigDefault)
		}
	}
	if err := hideFromTracers(); err != nil {
		return err
	}
	return dropAmbient()
}

// beSubreaper makes the init a child subreaper that a stray SIGTERM does not end
// before its tree.
func (k *initProcess) beSubreaper() error {
	if k.plan.Root || unix.Getuid() != 0 {
		k.bounds = append(k.bounds, wire.BoundNProc)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a child subreaper: %w", err)
	}
	if err := hideFromTracers(); err != nil {
		return err
	}
	defaultDispositions()
	signal.Notify(make(chan os.Signal, 1), unix.SIGHUP, unix.SIGINT, unix.SIGTERM, unix.SIGQUIT)
	return dropAmbient()
}

// hideFromTracers keeps processes of the same uid from tracing this one and
// from reading its memory, until it executes another program: prctl(2).
func hideFromTracers() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("keep others from tracing this process: %w", err)
	}
	return nil
}

// hideDescriptors marks every descriptor from first on close-on-exec.
func hideDescriptors(first uint) error {
	err := unix.CloseRange(first, ^uint(0), unix.CLOSE_RANGE_CLOEXEC)
	if err != nil && !errors.Is(err, unix.ENOSYS) {
		return fmt.Errorf("mark inherited descriptors close-on-exec: %w", err)
	}
	return nil
}

// dropAmbient clears the ambient capabilities that were lent for the setup:
// what the main thread starts must not inherit them.
func dropAmbient() error {
	err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	if err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("drop ambient capabilities: %w", err)
	}
	return nil
}
