package procfile

import (
	"fmt"
	"os"
	"slices"
)

// OpenDescriptors returns the numbers of a process's descriptors, the lowest
// first (proc_pid_fd(5)).
func OpenDescriptors(pid int) ([]int, error) {
	numbers, err := numbersIn(fmt.Sprintf("/proc/%d/fd", pid))
	slices.Sort(numbers)
	return numbers, err
}

// Link returns what a descriptor of a thread refers to, as "socket:[81234]";
// empty when it is not open.
func Link(tid, fd int) string {
	link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tid, fd))
	if err != nil {
		return ""
	}
	return link
}
