package faults

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// LowestFreeDescriptor is the number that the next descriptor a process opens
// will get (open(2)), read from /proc/PID/fd. As the limit of DescriptorLimit
// it leaves no room for one.
func LowestFreeDescriptor(t Target) (int, error) {
	const op = "find the lowest free descriptor"
	p, err := hold(t)
	if err != nil {
		return 0, err
	}
	used, err := openDescriptors(t.PID)
	if err == nil {
		// Had the process been reaped meanwhile, this could be another's list.
		var ended bool
		if ended, err = p.ended(); ended {
			err = &ProcessGone{t, op}
		}
	}
	if err != nil {
		return 0, cmp.Or(failed(op, t, err), p.release())
	}
	free := 0
	for free < len(used) && used[free] == free {
		free++
	}
	return free, p.release()
}

// openDescriptors are the numbers of a process's descriptors in their order.
func openDescriptors(pid int) ([]int, error) {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return nil, err
	}
	numbers := make([]int, len(entries))
	for i, entry := range entries {
		if numbers[i], err = strconv.Atoi(entry.Name()); err != nil {
			return nil, err
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}
