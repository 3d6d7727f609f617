package proc

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"
)

// A Status is what package faults needs of /proc/PID/task/TID/status,
// proc_pid_status(5).
type Status struct {
	TID            int
	State          byte
	ProcessPending SignalSet // ShdPnd: waits for any thread of the process
	Blocked        SignalSet // SigBlk
	Switches       uint64    // context switches, voluntary and not
}

// Ended reports whether the thread is a zombie or dead.
func (s Status) Ended() bool { return s.State == 'Z' || s.State == 'X' }

// A SignalSet has bit n−1 set for signal n.
type SignalSet uint64

// Has reports whether the set contains a signal.
func (s SignalSet) Has(sig unix.Signal) bool { return s>>(uint(sig)-1)&1 == 1 }

// Statuses returns those of the live threads of a process.
func Statuses(pid int) ([]Status, error) {
	live, err := Threads(pid)
	if err != nil {
		return nil, err
	}
	list := make([]Status, 0, len(live))
	for _, thread := range live {
		data, err := ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", pid, thread.TID))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := ParseStatus(data)
		if err != nil {
			return nil, err
		}
		s.TID = thread.TID
		list = append(list, s)
	}
	return list, nil
}

// ParseStatus reads the lines of a status file. Every line that it looks for
// must be there.
func ParseStatus(data []byte) (Status, error) {
	var s Status
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
				s.State = value[0]
			}
		case "ShdPnd":
			n, err = number(16)
			s.ProcessPending = SignalSet(n)
		case "SigBlk":
			n, err = number(16)
			s.Blocked = SignalSet(n)
		case "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches":
			n, err = number(10)
			s.Switches += n
		default:
			continue
		}
		if err != nil {
			return Status{}, fmt.Errorf("%s in a status file: %w", key, err)
		}
		found++
	}
	if found != 5 {
		return Status{}, fmt.Errorf("not a status file: %q", data)
	}
	return s, nil
}
