package faults

import (
	"context"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/process"
)

// processKind limits the processes of each process's user.
var processKind = Kind{
	Name:    "processes",
	Forms:   []Form{{"N", "limit the server's user to N processes", "processes=0:for=50ms"}},
	Options: []Option{For},
	Make: func(text string) (Action, error) {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return Action{}, fmt.Errorf("processes=%s: give a number", text)
		}
		return Action{Do: onEach("prlimit", func(_ context.Context, p Process) (Undo, string, error) {
			undo, err := limitProcesses(p, n)
			return undo, fmt.Sprintf("limit %d", n), err
		})}, nil
	},
	Check: func(_ context.Context, probe Probe) error {
		undo, err := limitProcesses(probe.Process, 0)
		if err != nil {
			return err
		}
		return undo()
	},
}

// errUnbound is the error of a limit that would not bind a process.
var errUnbound error = &Unavailable{
	"RLIMIT_NPROC does not bind root, nor a process with CAP_SYS_RESOURCE or CAP_SYS_ADMIN (fork(2))",
	"make the call fork fail instead: fork:error=EAGAIN",
}

// limitProcesses sets the soft limit RLIMIT_NPROC of a running process to n
// (prlimit(2)): making a process or a thread fails with EAGAIN while its user
// has n or more of them; with 0, always. The Undo sets the old soft limit again.
// Where the limit would not bind, the error is errUnbound, and nothing is changed.
func limitProcesses(p Process, n uint64) (Undo, error) {
	return limit(p, process.Resource{Number: unix.RLIMIT_NPROC, Op: "prlimit RLIMIT_NPROC"}, func() (uint64, error) {
		user, capabilities, err := procfile.Credentials(p.PID)
		if err == nil && (user == 0 || capabilities&(1<<unix.CAP_SYS_RESOURCE|1<<unix.CAP_SYS_ADMIN) != 0) {
			err = errUnbound
		}
		return n, err
	})
}
