package faults

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A status is the status file of one thread.
type status struct {
	tid int
	proc.Status
}

// statuses reads the status files of the live threads of a process.
func statuses(t Target) ([]status, error) {
	live, err := threads(t)
	if err != nil {
		return nil, err
	}
	list := make([]status, 0, len(live))
	for _, thread := range live {
		data, err := readProcFile(fmt.Sprintf("/proc/%d/task/%d/status", t.PID, thread.tid))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, failed("read thread", t, err)
		}
		s, err := proc.ParseStatus(data)
		if err != nil {
			return nil, failed("read thread", t, err)
		}
		list = append(list, status{thread.tid, s})
	}
	return list, nil
}
