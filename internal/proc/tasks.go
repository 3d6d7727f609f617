package proc

import "time"

// AppendPIDs appends the pids of a children file, proc_tid_children(5), to list,
// at most limit of them.
func AppendPIDs(list []int, text []byte, limit int) []int {
	f := fields(text)
	for range limit {
		pid := f.uint()
		if pid == 0 {
			break
		}
		list = append(list, int(pid))
	}
	return list
}

// ParseSchedstat parses a schedstat file and returns how long the task has been
// on a processor, to the nanosecond: the first number, see
// Documentation/scheduler/sched-stats.rst of the kernel. It returns 0 when the
// kernel does not count.
func ParseSchedstat(text []byte) time.Duration {
	f := fields(text)
	return time.Duration(f.uint())
}
