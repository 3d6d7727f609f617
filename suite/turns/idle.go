package turns

import (
	"time"

	"github.com/prometheus/procfs"
)

// idleShare is the divisor of the time that a server slept for the time that the processors
// were idle, all in all, when there is something to gain by another server beside it.
const idleShare = 2

// idleTime returns how long the processors of the machine have been idle since it started, all
// in all, proc_stat(5); 0 when that cannot be read.
func idleTime() time.Duration {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0
	}
	stat, err := fs.Stat()
	if err != nil {
		return 0
	}
	return time.Duration((stat.CPUTotal.Idle + stat.CPUTotal.Iowait) * float64(time.Second))
}
