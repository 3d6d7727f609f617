package observe

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Blocks says whether calls on a descriptor of a process wait: O_NONBLOCK is
// not among its flags in proc_pid_fdinfo(5).
func Blocks(id ProcessID, fd int) (bool, error) {
	path := fmt.Sprintf("/proc/%d/fdinfo/%d", id.PID, fd)
	text, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	return blocks(path, text)
}

func blocks(path string, fdinfo []byte) (bool, error) {
	value, found := line(fdinfo, "flags:")
	if !found {
		return false, fmt.Errorf("%s says nothing of flags", path)
	}
	flags, err := strconv.ParseUint(string(bytes.TrimSpace(value)), 8, 32)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return flags&unix.O_NONBLOCK == 0, nil
}
