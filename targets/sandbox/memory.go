package sandbox

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Memory returns how much memory forkproof and its servers may use in all, in bytes: that of
// the machine, or the least of what forkproof's control group and those above it may use.
func Memory() uint64 {
	var info unix.Sysinfo_t
	_ = unix.Sysinfo(&info) // cannot fail with a valid pointer
	total := info.Totalram * uint64(info.Unit)
	own, _ := os.ReadFile("/proc/self/cgroup") // without control groups the machine's memory counts
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	for _, h := range findHierarchies(string(own), string(mounts), func(string) []string { return wanted }) {
		for dir := h.dir; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
			for _, limit := range []string{"memory.max", "memory.limit_in_bytes"} {
				total = min(total, limitIn(filepath.Join(dir, limit)))
			}
		}
	}
	return total
}

// limitIn returns the limit that a file of a control group holds; the most there is without
// one.
func limitIn(file string) uint64 {
	text, _ := os.ReadFile(file) // the root has none
	bytes, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil { // "max"
		return 1<<64 - 1
	}
	return bytes
}
