package proc

import (
	"bytes"
	"fmt"
	"strconv"
)

// A Stat is what package faults needs of /proc/PID/stat, proc_pid_stat(5).
type Stat struct {
	State  byte   // field 3
	Parent int    // field 4
	Start  uint64 // field 22, clock ticks since boot
}

// Ended reports whether the process or thread is a zombie or dead.
func (s Stat) Ended() bool { return s.State == 'Z' || s.State == 'X' }

// ReadStat reads the stat file of a process.
func ReadStat(pid int) (Stat, error) {
	return readStat(fmt.Sprintf("/proc/%d/stat", pid))
}

// ReadThreadStat reads the stat file of a thread.
func ReadThreadStat(pid, tid int) (Stat, error) {
	return readStat(fmt.Sprintf("/proc/%d/task/%d/stat", pid, tid))
}

func readStat(path string) (Stat, error) {
	data, err := ReadFile(path)
	if err != nil {
		return Stat{}, err
	}
	return parseStat(data)
}

// parseStat takes the fields behind the name, which may hold anything, also
// blanks and parentheses.
func parseStat(data []byte) (Stat, error) {
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 || len(fields[0]) != 1 {
		return Stat{}, fmt.Errorf("not a stat file: %q", data)
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return Stat{}, fmt.Errorf("start time in a stat file: %w", err)
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return Stat{}, fmt.Errorf("parent in a stat file: %w", err)
	}
	return Stat{State: fields[0][0], Parent: parent, Start: start}, nil
}
