package faults

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// A Target is one process, for ever: a pid is used again, but not with the
// same start time.
type Target struct {
	// PID is the process (thread group) in the caller's PID namespace.
	PID int
	// Start is when it started, in clock ticks since boot: field 22 of
	// /proc/PID/stat, proc_pid_stat(5).
	Start uint64
}

// String is "process 812".
func (t Target) String() string { return fmt.Sprintf("process %d", t.PID) }

// ErrGone is what every ProcessGone is, for errors.Is.
var ErrGone = errors.New("the process is gone")

// ProcessGone is the error of a fault whose target has ended: it does not
// exist, its pid belongs to another process now, or it is a zombie.
type ProcessGone struct {
	Target Target
	// Op is what was to be done to it.
	Op string
}

// Error says what could not be done to which process.
func (e *ProcessGone) Error() string { return fmt.Sprintf("%s: %v: %v", e.Op, e.Target, ErrGone) }

// Is makes it an ErrGone.
func (e *ProcessGone) Is(target error) bool { return target == ErrGone }

// failed wraps the error of an operation on a target. That the process does
// not exist is a ProcessGone.
func failed(op string, t Target, err error) error {
	if errors.Is(err, unix.ESRCH) || errors.Is(err, fs.ErrNotExist) {
		return &ProcessGone{t, op}
	}
	if errors.Is(err, ErrGone) {
		return err
	}
	return fmt.Errorf("%s: %v: %w", op, t, err)
}

// unlessGone gives nil for the error of an undo that came after the process ended.
func unlessGone(err error) error {
	if errors.Is(err, ErrGone) {
		return nil
	}
	return err
}
