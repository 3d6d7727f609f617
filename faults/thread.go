package faults

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A thread is one thread of a process as /proc/PID/task/TID/stat shows it.
type thread struct {
	tid   int
	state proc.State
}

// threads are those threads of a process that have not ended.
func threads(t Target) ([]thread, error) {
	tids, err := threadIDs(t)
	if err != nil {
		return nil, err
	}
	list := make([]thread, 0, len(tids))
	for _, tid := range tids {
		s, err := readStat(fmt.Sprintf("/proc/%d/task/%d/stat", t.PID, tid))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, failed("read thread", t, err)
		}
		if s.State.Alive() {
			list = append(list, thread{tid, s.State})
		}
	}
	return list, nil
}

// threadIDs are the threads of a process, with its first one also when that
// has ended. How many there are is the link count of their directory: each
// has a directory in it, whose ".." is a link, and two links are its own.
func threadIDs(t Target) ([]int, error) {
	dir := fmt.Sprintf("/proc/%d/task", t.PID)
	var info unix.Stat_t
	if err := unix.Stat(dir, &info); err != nil {
		return nil, failed("count threads", t, err)
	}
	if info.Nlink == 2+1 {
		return []int{t.PID}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, failed("list threads", t, err)
	}
	tids := make([]int, len(entries))
	for i, entry := range entries {
		if tids[i], err = strconv.Atoi(entry.Name()); err != nil {
			return nil, failed("list threads", t, err)
		}
	}
	return tids, nil
}

// stopped says whether every thread of a process is in state T, or else names
// one that is not. A process without a live thread is not stopped.
func stopped(t Target) (all bool, running thread, err error) {
	list, err := threads(t)
	if err != nil || len(list) == 0 {
		return false, thread{}, err
	}
	for _, one := range list {
		if one.state != proc.Stopped {
			return false, one, nil
		}
	}
	return true, thread{}, nil
}
