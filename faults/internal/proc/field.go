package proc

import (
	"bytes"
	"fmt"
	"strconv"
)

// statusLine returns the fields behind the name of a line of /proc/TID/status,
// proc_pid_status(5).
func statusLine(tid int, name string) ([][]byte, error) {
	data, err := ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return nil, err
	}
	_, rest, found := bytes.Cut(data, []byte("\n"+name+":"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	fields := bytes.Fields(line)
	if !found || len(fields) == 0 {
		return nil, fmt.Errorf("no line %s in a status file", name)
	}
	return fields, nil
}

// statusField returns the first number on a line of /proc/TID/status.
func statusField(tid int, name string) (int, error) {
	fields, err := statusLine(tid, name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(fields[0]))
}

// AddressSpace returns the size of a process's address space in bytes (VmSize).
func AddressSpace(pid int) (bytes uint64, err error) {
	kib, err := statusField(pid, "VmSize")
	return uint64(kib) << 10, err
}

// UnderSeccomp reports whether a seccomp filter decides on the system calls of
// a process. It is false when the status cannot be read.
func UnderSeccomp(pid int) bool {
	const filter = 2 // SECCOMP_MODE_FILTER
	mode, err := statusField(pid, "Seccomp")
	return err == nil && mode == filter
}

// Credentials returns the real user and the effective capabilities of a process.
func Credentials(pid int) (user int, capabilities uint64, err error) {
	if user, err = statusField(pid, "Uid"); err != nil {
		return 0, 0, err
	}
	fields, err := statusLine(pid, "CapEff")
	if err != nil {
		return 0, 0, err
	}
	capabilities, err = strconv.ParseUint(string(fields[0]), 16, 64)
	return user, capabilities, err
}

// ProcessOf returns the process of a thread, or the thread itself when its
// status cannot be read.
func ProcessOf(tid int) int {
	pid, err := statusField(tid, "Tgid")
	if err != nil {
		return tid
	}
	return pid
}

// TracerOf returns the thread that traces a thread; 0 when none does.
func TracerOf(tid int) int {
	tracer, err := statusField(tid, "TracerPid")
	if err != nil {
		return 0
	}
	return tracer
}

// CommandName returns the name of a process; "?" when it cannot be read.
func CommandName(pid int) string {
	data, err := ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return string(bytes.TrimSpace(data))
}
