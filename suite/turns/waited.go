package turns

import (
	"os"
	"time"

	"github.com/prometheus/procfs"
)

// Waited returns how long the threads of this process were ready to run, and waited for a
// processor, all in all, proc_pid_schedstat(5); 0 when that cannot be read.
func Waited() (sum time.Duration) {
	threads, err := procfs.AllThreads(os.Getpid())
	if err != nil {
		return 0
	}
	for _, thread := range threads {
		if s, err := thread.Schedstat(); err == nil {
			sum += time.Duration(s.WaitingNanoseconds)
		}
	}
	return sum
}
