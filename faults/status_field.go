package faults

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// statusField is the number on a line of /proc/TID/status, proc_pid_status(5).
func statusField(tid int, name string) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(data, []byte("\n"+name+":"))
	value, _, _ := bytes.Cut(rest, []byte("\n"))
	if !found {
		return 0, fmt.Errorf("no line %s in a status file", name)
	}
	return strconv.Atoi(string(bytes.TrimSpace(value)))
}

// commandName is the name of a process; "?" when it cannot be read.
func commandName(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	if err != nil {
		return "?"
	}
	return string(bytes.TrimSpace(data))
}
