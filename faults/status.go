package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// A status is what this package needs of /proc/PID/task/TID/status,
// proc_pid_status(5).
type status struct {
	tid            int
	state          byte
	processPending signalSet // ShdPnd: waits for any thread of the process
	blocked        signalSet // SigBlk
	switches       uint64    // context switches, voluntary and not
}

// statuses are those of the live threads of a process.
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
		s, err := parseStatus(data)
		if err != nil {
			return nil, failed("read thread", t, err)
		}
		s.tid = thread.tid
		list = append(list, s)
	}
	return list, nil
}

// parseStatus reads the lines of a status file. All of those it looks for
// must be there.
func parseStatus(data []byte) (status, error) {
	var s status
	found := 0
	for line := range bytes.Lines(data) {
		key, rest, _ := bytes.Cut(line, []byte(":"))
		number := func(base int) (n uint64, err error) {
			return strconv.ParseUint(string(bytes.TrimSpace(rest)), base, 64)
		}
		var n uint64
		var err error
		switch string(key) {
		case "State":
			if value := bytes.TrimSpace(rest); len(value) > 0 {
				s.state = value[0]
			}
		case "ShdPnd":
			n, err = number(16)
			s.processPending = signalSet(n)
		case "SigBlk":
			n, err = number(16)
			s.blocked = signalSet(n)
		case "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches":
			n, err = number(10)
			s.switches += n
		default:
			continue
		}
		if err != nil {
			return status{}, fmt.Errorf("%s in a status file: %w", key, err)
		}
		found++
	}
	if found != 5 {
		return status{}, fmt.Errorf("not a status file: %q", data)
	}
	return s, nil
}
