package faults

import (
	"errors"

	"golang.org/x/sys/unix"
)

// ErrUnbound says that a limit does not hold for a process.
var ErrUnbound = errors.New("RLIMIT_NPROC does not bind root, nor a process with CAP_SYS_RESOURCE or CAP_SYS_ADMIN (fork(2)): make the call fork fail instead")

// ProcessLimit sets the soft limit RLIMIT_NPROC of a running process to n
// (prlimit(2)): fork and the making of a thread fail with EAGAIN while its
// user has n or more processes and threads; with 0, always. The Undo sets the
// old soft limit again. Where the limit would not bind, the error is
// ErrUnbound, and nothing is changed.
func ProcessLimit(t Target, n uint64) (Undo, error) {
	return limit(t, resource{unix.RLIMIT_NPROC, "prlimit RLIMIT_NPROC"}, func() (uint64, error) {
		user, capabilities, err := credentials(t.PID)
		if err == nil && (user == 0 || capabilities&(1<<unix.CAP_SYS_RESOURCE|1<<unix.CAP_SYS_ADMIN) != 0) {
			err = ErrUnbound
		}
		return n, err
	})
}
