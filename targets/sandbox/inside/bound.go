package inside

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// reservedPIDs are given out once only, to the first processes of a pid
// namespace: RESERVED_PIDS of the kernel. Then pids below it are not used again.
const reservedPIDs = 300

// boundPIDs gives the pid namespace that the caller is process 1 of as many
// pids as the limits ask for, and says whether it could. Before Linux 6.14
// kernel.pid_max is the whole machine's, and is left alone.
func boundPIDs(limits wire.Limits) bool {
	if !kernelAtLeast(6, 14) {
		return false
	}
	value := strconv.Itoa(reservedPIDs + limits.LooseTasks() + wire.TaskRoom) // and pids for the init, whatever happens
	return os.WriteFile("/proc/sys/kernel/pid_max", []byte(value), 0) == nil
}

// kernelAtLeast compares the version that uname(2) tells.
func kernelAtLeast(major, minor int) bool {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return false
	}
	var a, b int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &a, &b); err != nil {
		return false
	}
	return a > major || a == major && b >= minor
}
