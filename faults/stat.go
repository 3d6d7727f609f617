package faults

import "github.com/forkproof/forkproof/internal/proc"

// readStat reads the stat file of a process or of a thread.
func readStat(path string) (proc.Stat, error) {
	data, err := readProcFile(path)
	if err != nil {
		return proc.Stat{}, err
	}
	return proc.ParseStat(data)
}
