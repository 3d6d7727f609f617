package procfile

import (
	"fmt"

	"github.com/forkproof/forkproof/internal/proc"
)

// Stat reads the stat file of a process.
func Stat(pid int) (proc.Stat, error) {
	return readStat(fmt.Sprintf("/proc/%d/stat", pid))
}

// ThreadStat reads the stat file of a thread.
func ThreadStat(pid, tid int) (proc.Stat, error) {
	return readStat(fmt.Sprintf("/proc/%d/task/%d/stat", pid, tid))
}

func readStat(path string) (proc.Stat, error) {
	data, err := Read(path)
	if err != nil {
		return proc.Stat{}, err
	}
	return proc.ParseStat(data)
}
