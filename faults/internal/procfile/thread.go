package procfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A Thread is one thread of a process as /proc/PID/task/TID/stat shows it.
type Thread struct {
	TID   int
	State proc.State
}

// Threads returns the threads of a process that have not ended.
func Threads(pid int) ([]Thread, error) {
	tids, err := ThreadIDs(pid)
	if err != nil {
		return nil, err
	}
	list := make([]Thread, 0, len(tids))
	for _, tid := range tids {
		s, err := ThreadStat(pid, tid)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if s.State.Alive() {
			list = append(list, Thread{tid, s.State})
		}
	}
	return list, nil
}

// ThreadIDs returns the threads of a process, with its first one also when
// that has ended. How many there are is the link count of their directory:
// each has a directory in it, whose ".." is a link, and two links are its own.
func ThreadIDs(pid int) ([]int, error) {
	dir := fmt.Sprintf("/proc/%d/task", pid)
	var info unix.Stat_t
	if err := unix.Stat(dir, &info); err != nil {
		return nil, fmt.Errorf("stat %s: %w", dir, err)
	}
	if info.Nlink == 2+1 {
		return []int{pid}, nil
	}
	return numbersIn(dir)
}

// numbersIn returns the names of a directory's entries, all of them numbers.
func numbersIn(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, len(entries))
	for i, entry := range entries {
		if numbers[i], err = strconv.Atoi(entry.Name()); err != nil {
			return nil, err
		}
	}
	return numbers, nil
}

// Stopped reports whether every thread of a process is in state T, or else
// returns one that is not. A process without a live thread is not stopped.
func Stopped(pid int) (all bool, running Thread, err error) {
	list, err := Threads(pid)
	if err != nil || len(list) == 0 {
		return false, Thread{}, err
	}
	for _, one := range list {
		if one.State != proc.Stopped {
			return false, one, nil
		}
	}
	return true, Thread{}, nil
}
