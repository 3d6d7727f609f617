package observe

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
)

// MaxDescriptors is how many descriptors one look reads, of all processes
// together: 512 processes with 256 each. A server decides how many it holds, and
// what they are called; forkproof's memory must not follow from that.
const MaxDescriptors = 1 << 17

// maxTarget is how much of a descriptor's name is kept, in bytes.
const maxTarget = 256

// ErrTooManyDescriptors says that a look was given up because the processes hold
// more than MaxDescriptors descriptors.
var ErrTooManyDescriptors = fmt.Errorf("the processes hold more than %d descriptors, too many for one look", MaxDescriptors)

// descriptors lists what the process whose directory is open has open,
// proc_pid_fd(5), and subtracts their number from room. It lists no more once
// that is below 0. Which sockets are TCP sockets is found out later.
func (r *procReader) descriptors(dir *procDir, pid, heir int, room *atomic.Int64) ([]Descriptor, error) {
	r.setPath("fd")
	if heir != 0 {
		r.setNumberPath("task/", heir, "/fd")
	}
	fds, numbers, err := r.entries(dir, r.numbersList[:0])
	if err != nil {
		return nil, unreadable(err, "descriptors", pid)
	}
	defer r.finish(fds)
	r.numbersList = numbers
	if room.Add(-int64(len(numbers))) < 0 {
		return nil, ErrTooManyDescriptors
	}
	list := make([]Descriptor, 0, len(r.numbersList))
	for _, fd := range r.numbersList {
		r.setNumberPath("", fd, "")
		link, err := r.readLink(fds.fd)
		if gone(err) {
			continue // closed meanwhile
		}
		if err != nil {
			return list, unreadable(err, "descriptors", pid)
		}
		d := parseLink(fd, link)
		if n := len(list); n > 0 && list[n-1].Target == d.Target {
			d.Target = list[n-1].Target // one copy of it is enough
		}
		if d.Kind == TimerFD || d.Kind == SignalFD {
			d.Timed = r.timed(dir, fd)
		}
		list = append(list, d)
	}
	return list, nil
}

// unreadable says what of a process could not be read; nil when it is gone.
func unreadable(err error, what string, pid int) error {
	if gone(err) {
		return nil
	}
	return fmt.Errorf("read the %s of process %d: %w", what, pid, err)
}

// parseLink reads the text of a link in /proc/PID/fd.
func parseLink(fd int, link []byte) Descriptor {
	d := Descriptor{FD: fd}
	if string(link) == "/dev/null" {
		d.Kind, d.Target = File, "/dev/null" // so common that it is not copied
		return d
	}
	d.Target = targetName(link)
	class, rest, _ := strings.Cut(d.Target, ":")
	switch class {
	case "socket":
		d.Kind, d.Inode = OtherSocket, bracketed(rest)
	case "pipe":
		d.Kind, d.Inode = Pipe, bracketed(rest)
	case "pidfd":
		d.Kind = PIDFD
	case "anon_inode":
		d.Kind = anonymousKind(rest)
	default:
		if bytes.HasPrefix(link, []byte("/")) {
			d.Kind = File
		}
	}
	return d
}

// targetName returns the text of a link, or its beginning and how long it is.
func targetName(link []byte) string {
	if len(link) <= maxTarget {
		return string(link)
	}
	return fmt.Sprintf("%s… (%d bytes)", link[:maxTarget], len(link))
}

// bracketed reads the number in "[812]".
func bracketed(text string) uint64 {
	n := uint64(0)
	for i := 1; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		n = n*10 + uint64(text[i]-'0')
	}
	return n
}

// anonymousKind gives the kind of what has no file.
func anonymousKind(name string) Kind {
	switch {
	case strings.HasPrefix(name, "[eventpoll"):
		return EventPoll
	case strings.HasPrefix(name, "[signalfd"):
		return SignalFD
	case strings.HasPrefix(name, "[timerfd"):
		return TimerFD
	case strings.HasPrefix(name, "[eventfd"):
		return EventFD
	case strings.HasPrefix(name, "[pidfd"):
		return PIDFD
	default:
		return OtherKind
	}
}
