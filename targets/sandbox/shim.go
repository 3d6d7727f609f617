package sandbox

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// shimName is argv[0] of a shim.
const shimName = "forkproof-shim"

// A shim is the process that becomes the server: this binary once more, which
// sets what no attribute of a Go fork can set, and then executes the program.
// All of it happens on the main thread, whose mask and dispositions the
// program inherits. It joins as many control groups as it was handed, which
// takes the kernel some milliseconds, before it is told what to run.
func shim(groups string) int {
	runtime.LockOSThread()
	conn, err := controlSocket()
	if err != nil {
		return usage(shimName, err)
	}
	if err := hideFromTracers(); err != nil {
		return usage(shimName, err)
	}
	n, err := strconv.Atoi(groups)
	if err != nil {
		return usage(shimName, err)
	}
	joinErr := join(controlFD+1, n)
	m, fds, err := newReceiver(conn).next()
	if err != nil {
		return 0 // never needed: the keeper has closed its end
	}
	program, programErr := m.Program.unpack()
	plan, planErr := m.Plan.unpack()
	err = errors.Join(joinErr, programErr, planErr)
	switch {
	case err != nil:
	case program == nil || plan == nil || len(fds) != 2:
		err = fmt.Errorf("shim: a start takes a program and 2 descriptors, got %d: %w", len(fds), unix.EINVAL)
	default:
		err = become(program, plan, fds[0], fds[1])
	}
	refusal := fail(message{}, err)
	if !errors.As(err, new(notExecuted)) {
		refusal.Errno = 0 // it is no fault of the program
	}
	_ = send(conn, refusal)
	return 1
}

// become executes the program. It returns only with an error.
func become(p *Program, plan *plan, stdin, output int) error {
	dir := p.Dir
	if p.View != nil {
		dir = p.View.Dir
	}
	if dir != "" {
		if err := unix.Chdir(dir); err != nil {
			return fmt.Errorf("enter %s: %w", dir, err)
		}
	}
	if err := standard(p.Closed, stdin, output); err != nil {
		return err
	}
	if err := hideDescriptors(3); err != nil {
		return err
	}
	executable := fetch(p, plan)
	if p.View != nil {
		if err := confine(p.View, plan); err != nil {
			return err
		}
	}
	if err := diesWithKeeper(); err != nil {
		return err
	}
	if err := inherit(p.Ignored, p.Blocked); err != nil {
		return err
	}
	// Exec puts back the limit of descriptors that the Go runtime raised.
	err := syscall.Exec(p.Path, p.Args, p.Env)
	if errors.Is(err, unix.EACCES) && executable != nil {
		err = executable.execute(p, err)
	}
	return notExecuted{err}
}

// notExecuted is the error of execve(2).
type notExecuted struct{ error }

// Unwrap gives the errno.
func (e notExecuted) Unwrap() error { return e.error }

// confine gives up what the program must not have.
func confine(v *view, plan *plan) error {
	uid, gid := -1, -1
	runsAs := unix.Getuid()
	if plan.Root {
		uid, gid = v.UID, v.GID
		runsAs = uid
	}
	if err := setLimits(plan, runsAs); err != nil {
		return err
	}
	if err := dropRights(uid, gid); err != nil {
		return err
	}
	if !plan.Mounts {
		return restrict(v)
	}
	return nil
}

// standard puts the descriptors 0, 1 and 2 in their places.
func standard(closed []int, stdin, output int) error {
	for fd, from := range []int{stdin, output, output} {
		if slices.Contains(closed, fd) {
			_ = unix.Close(fd)
			continue
		}
		if err := unix.Dup3(from, fd, 0); err != nil {
			return fmt.Errorf("set descriptor %d: %w", fd, err)
		}
	}
	return nil
}

// diesWithKeeper has the program killed when the keeper is. It is lost when
// the program changes its uid or forks; then the tree is swept.
func diesWithKeeper() error {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("set the signal for the keeper's death: %w", err)
	}
	return nil
}

// inherit sets the dispositions and the mask that the program starts with.
func inherit(ignored, blocked []unix.Signal) error {
	defaultDispositions()
	for _, sig := range ignored {
		if err := setDisposition(sig, sigIgnore); err != nil {
			return fmt.Errorf("ignore %s: %w", unix.SignalName(sig), err)
		}
	}
	if err := setMask(blocked); err != nil {
		return fmt.Errorf("set the signal mask: %w", err)
	}
	return nil
}

func usage(name string, err error) int {
	fmt.Fprintf(os.Stderr, "%s: %v: it is started by forkproof only\n", name, err)
	return 2
}
