// Package process acts on one process. A pidfd (pidfd_open(2)) holds it, so
// that another process that has got the same pid is never hit.
package process

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// An ID names one process for ever: the kernel uses a pid again, but not with
// the same start time.
type ID struct {
	// PID is the process (thread group) in the caller's PID namespace.
	PID int
	// Start is when it started, in clock ticks since boot: field 22 of
	// /proc/PID/stat, proc_pid_stat(5).
	Start uint64
}

// String returns "process 812".
func (id ID) String() string { return fmt.Sprintf("process %d", id.PID) }

// ErrGone matches every GoneError in errors.Is.
var ErrGone = errors.New("the process has ended")

// A GoneError says that a process has ended: it does not exist, its pid belongs
// to another process, or it is a zombie.
type GoneError struct {
	Process ID
	// Op is the operation that failed for it.
	Op string
}

// Error names the operation and the process.
func (e *GoneError) Error() string { return fmt.Sprintf("%s: %v: %v", e.Op, e.Process, ErrGone) }

// Is matches ErrGone.
func (e *GoneError) Is(target error) bool { return target == ErrGone }

// Failed wraps the error of an operation on a process. It is a GoneError when
// the process does not exist.
func Failed(op string, id ID, err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, fs.ErrNotExist) {
		return &GoneError{id, op}
	}
	if errors.Is(err, ErrGone) {
		return err
	}
	return fmt.Errorf("%s: %v: %w", op, id, err)
}

// UnlessGone returns nil when err says that the process has ended, and err
// otherwise.
func UnlessGone(err error) error {
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}
