package procfile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A ThreadStatus is the status file of one thread.
type ThreadStatus struct {
	TID int
	proc.Status
}

// Statuses reads the status files of the live threads of a process.
func Statuses(pid int) ([]ThreadStatus, error) {
	live, err := Threads(pid)
	if err != nil {
		return nil, err
	}
	list := make([]ThreadStatus, 0, len(live))
	for _, thread := range live {
		data, err := Read(fmt.Sprintf("/proc/%d/task/%d/status", pid, thread.TID))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, err
		}
		s, err := proc.ParseStatus(data)
		if err != nil {
			return nil, err
		}
		list = append(list, ThreadStatus{thread.TID, s})
	}
	return list, nil
}

// PendingFor reports whether a signal is pending for a thread itself; false when the
// thread is gone.
func PendingFor(tid int, sig unix.Signal) bool {
	data, err := Read(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return false
	}
	s, err := proc.ParseStatus(data)
	return err == nil && s.Pending.Has(sig)
}

// statusLine returns the words of a line of /proc/TID/status, proc_pid_status(5).
func statusLine(tid int, label string) ([][]byte, error) {
	data, err := Read(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return nil, err
	}
	line, found := proc.Line(data, label)
	words := bytes.Fields(line)
	if !found || len(words) == 0 {
		return nil, fmt.Errorf("no line %s in a status file", label)
	}
	return words, nil
}

// statusNumber returns the first number on a line of /proc/TID/status.
func statusNumber(tid int, label string) (int, error) {
	words, err := statusLine(tid, label)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(words[0]))
}

// AddressSpace returns the size of a process's address space in bytes (VmSize).
func AddressSpace(pid int) (bytes uint64, err error) {
	kib, err := statusNumber(pid, "VmSize")
	return uint64(kib) << 10, err
}

// UnderSeccomp reports whether a seccomp filter decides on the system calls of
// a process. It is false when the status cannot be read.
func UnderSeccomp(pid int) bool {
	const filter = 2 // SECCOMP_MODE_FILTER
	mode, err := statusNumber(pid, "Seccomp")
	return err == nil && mode == filter
}

// Credentials returns the real user and the effective capabilities of a process.
func Credentials(pid int) (user int, capabilities uint64, err error) {
	if user, err = statusNumber(pid, "Uid"); err != nil {
		return 0, 0, err
	}
	words, err := statusLine(pid, "CapEff")
	if err != nil {
		return 0, 0, err
	}
	capabilities, err = strconv.ParseUint(string(words[0]), 16, 64)
	return user, capabilities, err
}

// ProcessOf returns the process of a thread, or the thread itself when its
// status cannot be read.
func ProcessOf(tid int) int {
	pid, err := statusNumber(tid, "Tgid")
	if err != nil {
		return tid
	}
	return pid
}

// TracerOf returns the thread that traces a thread; 0 when none does.
func TracerOf(tid int) int {
	tracer, err := statusNumber(tid, "TracerPid")
	if err != nil {
		return 0
	}
	return tracer
}

// CommandName returns the name of a process; "?" when it cannot be read.
func CommandName(pid int) string {
	data, err := Read(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return string(bytes.TrimSpace(data))
}
