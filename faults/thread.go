package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// A thread is one thread of a process as /proc/PID/task/TID/stat shows it.
type thread struct {
	tid   int
	state byte
}

// threads are those threads of a process that have not ended.
func threads(t Target) ([]thread, error) {
	process, err := readStat(fmt.Sprintf("/proc/%d/stat", t.PID))
	if err != nil {
		return nil, failed("read process", t, err)
	}
	if process.threads == 1 {
		return alive(nil, thread{t.PID, process.state}), nil
	}
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", t.PID))
	if err != nil {
		return nil, failed("list threads", t, err)
	}
	list := make([]thread, 0, len(entries))
	for _, entry := range entries {
		tid, err := strconv.Atoi(entry.Name())
		if err != nil {
			return nil, failed("list threads", t, err)
		}
		s, err := readStat(fmt.Sprintf("/proc/%d/task/%d/stat", t.PID, tid))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, failed("read thread", t, err)
		}
		list = alive(list, thread{tid, s.state})
	}
	return list, nil
}

// alive appends a thread that has not ended.
func alive(list []thread, one thread) []thread {
	if one.state == 'Z' || one.state == 'X' {
		return list
	}
	return append(list, one)
}

// stopped says whether every thread of a process is in state T, or else names
// one that is not. A process without a live thread is not stopped.
func stopped(t Target) (all bool, running thread, err error) {
	list, err := threads(t)
	if err != nil || len(list) == 0 {
		return false, thread{}, err
	}
	for _, one := range list {
		if one.state != 'T' {
			return false, one, nil
		}
	}
	return true, thread{}, nil
}
