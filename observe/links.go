package observe

import (
	"bytes"
	"fmt"
	"strings"
)

// descriptors lists what the process whose directory is open has open,
// proc_pid_fd(5). Which sockets are TCP sockets is found out later.
func (r *procReader) descriptors(dir *procDir, pid, heir int) ([]Descriptor, error) {
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
	d.Target = string(link)
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
