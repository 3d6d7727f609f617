package faults

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/process"
)

// ErrUnbound is the error of a limit that would not bind a process.
var ErrUnbound = errors.New("RLIMIT_NPROC does not bind root, nor a process with CAP_SYS_RESOURCE or CAP_SYS_ADMIN (fork(2)): make the call fork fail instead")

// ProcessLimit sets the soft limit RLIMIT_NPROC of a running process to n
// (prlimit(2)): making a process or a thread fails with EAGAIN while its user
// has n or more of them; with 0, always. The Undo sets the old soft limit again.
// Where the limit would not bind, the error is ErrUnbound, and nothing is changed.
func ProcessLimit(p Process, n uint64) (Undo, error) {
	return limit(p, process.Resource{Number: unix.RLIMIT_NPROC, Op: "prlimit RLIMIT_NPROC"}, func() (uint64, error) {
		user, capabilities, err := proc.Credentials(p.PID)
		if err == nil && (user == 0 || capabilities&(1<<unix.CAP_SYS_RESOURCE|1<<unix.CAP_SYS_ADMIN) != 0) {
			err = ErrUnbound
		}
		return n, err
	})
}
