package faults

import (
	"bytes"
	"fmt"
	"strconv"
)

// A stat is what this package needs of /proc/PID/stat, proc_pid_stat(5).
type stat struct {
	state  byte   // field 3
	parent int    // field 4
	start  uint64 // field 22, clock ticks since boot
}

// readStat reads the stat file of a process or of a thread.
func readStat(path string) (stat, error) {
	data, err := readProcFile(path)
	if err != nil {
		return stat{}, err
	}
	return parseStat(data)
}

// parseStat takes the fields behind the name, which may hold anything, also
// blanks and parentheses.
func parseStat(data []byte) (stat, error) {
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 || len(fields[0]) != 1 {
		return stat{}, fmt.Errorf("not a stat file: %q", data)
	}
	start, err := strconv.ParseUint(string(fields[19]), 10, 64)
	if err != nil {
		return stat{}, fmt.Errorf("start time in a stat file: %w", err)
	}
	parent, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return stat{}, fmt.Errorf("parent in a stat file: %w", err)
	}
	return stat{state: fields[0][0], parent: parent, start: start}, nil
}
