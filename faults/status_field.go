package faults

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/forkproof/forkproof/internal/proc"
)

// statusLine is what follows the name on a line of /proc/TID/status,
// proc_pid_status(5).
func statusLine(tid int, name string) ([][]byte, error) {
	data, err := readProcFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return nil, err
	}
	line, found := proc.Line(data, name)
	fields := bytes.Fields(line)
	if !found || len(fields) == 0 {
		return nil, fmt.Errorf("no line %s in a status file", name)
	}
	return fields, nil
}

// statusField is the first number on a line of /proc/TID/status.
func statusField(tid int, name string) (int, error) {
	fields, err := statusLine(tid, name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(fields[0]))
}

// credentials are the real user and the effective capabilities of a process.
func credentials(pid int) (user int, capabilities uint64, err error) {
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

// groupOf is the process of a thread.
func groupOf(tid int) int {
	pid, err := statusField(tid, "Tgid")
	if err != nil {
		return tid
	}
	return pid
}

// tracerOf is the thread that traces a thread; 0 when none does.
func tracerOf(tid int) int {
	tracer, err := statusField(tid, "TracerPid")
	if err != nil {
		return 0
	}
	return tracer
}

// commandName is the name of a process; "?" when it cannot be read.
func commandName(pid int) string {
	data, err := readProcFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return string(bytes.TrimSpace(data))
}
