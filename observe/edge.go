package observe

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// WaitsForEdges says whether an epoll descriptor of a process watches another
// of its descriptors with EPOLLET, epoll_ctl(2): it is told of what happens
// next, and not of what is there already.
func WaitsForEdges(id ProcessID, epoll, fd int) (bool, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", id.PID, epoll))
	if err != nil {
		return false, err
	}
	return edgeTriggered(text, fd), nil
}

// edgeTriggered looks for a line as "tfd:  8 events: 8000201d data: …",
// proc_pid_fdinfo(5).
func edgeTriggered(fdinfo []byte, fd int) bool {
	for one := range bytes.Lines(fdinfo) {
		words := bytes.Fields(one)
		if len(words) < 4 || string(words[0]) != "tfd:" || string(words[1]) != strconv.Itoa(fd) {
			continue
		}
		events, err := strconv.ParseUint(string(words[3]), 16, 64)
		return err == nil && events&unix.EPOLLET != 0
	}
	return false
}
