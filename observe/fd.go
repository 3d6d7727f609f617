package observe

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// MaxDescriptors is how many descriptors one look reads, of all processes together:
// 512 processes with 256 each. A server controls how many it holds and what they are
// called, and must not control forkproof's memory.
const MaxDescriptors = 1 << 17

// maxTarget is how many bytes of a link are kept.
const maxTarget = 256

// ErrTooManyDescriptors is the error of a look at processes that hold more than
// MaxDescriptors descriptors.
var ErrTooManyDescriptors = fmt.Errorf("the processes hold more than %d descriptors, too many for one look", MaxDescriptors)

// descriptors lists the descriptors of the process whose directory is open,
// proc_pid_fd(5), and subtracts their number from room. Below 0 it lists none. LiveTID is the thread to read them from when the first one has
// exited, else 0. Which sockets are TCP sockets, joinSockets finds out.
func (r *procReader) descriptors(dir *procDir, pid, liveTID int, room *atomic.Int64) ([]Descriptor, error) {
	r.setPath("fd")
	if liveTID != 0 {
		r.setNumberPath("task/", liveTID, "/fd")
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
			d.Target = list[n-1].Target // share one copy
		}
		if d.Kind == TimerFD || d.Kind == SignalFD {
			d.Timed = r.timed(dir, fd)
		}
		list = append(list, d)
	}
	return list, nil
}

// unreadable returns the error of a process of which something cannot be read; nil
// when the process is gone.
func unreadable(err error, what string, pid int) error {
	if gone(err) {
		return nil
	}
	return fmt.Errorf("read the %s of process %d: %w", what, pid, err)
}

// parseLink parses the text of a link in /proc/PID/fd.
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

// targetName returns the text of a link, or its beginning and its length.
func targetName(link []byte) string {
	if len(link) <= maxTarget {
		return string(link)
	}
	return fmt.Sprintf("%s… (%d bytes)", link[:maxTarget], len(link))
}

// bracketed returns the number in "[812]".
func bracketed(text string) uint64 {
	n := uint64(0)
	for i := 1; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		n = n*10 + uint64(text[i]-'0')
	}
	return n
}

// anonymousKind returns the kind of an anonymous inode.
func anonymousKind(name string) Kind {
	switch {
	case strings.HasPrefix(name, "[eventpoll"):
		return Epoll
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

// timed reports whether a timerfd is armed, or a signalfd is for a signal that
// timers send, by proc_pid_fdinfo(5).
func (r *procReader) timed(dir *procDir, fd int) bool {
	r.setNumberPath("fdinfo/", fd, "")
	text, err := r.read(dir)
	if err != nil {
		return false // closed meanwhile
	}
	return timerArmed(text) || readsTimerSignals(text)
}

// timerArmed reports whether the line "it_value: (seconds, nanoseconds)" is there
// and not zero, timerfd_create(2).
func timerArmed(fdinfo []byte) bool {
	value, found := proc.Line(fdinfo, "it_value")
	return found && bytes.ContainsAny(value, "123456789")
}

// readsTimerSignals reports whether the line "sigmask:" has a signal that timers
// send.
func readsTimerSignals(fdinfo []byte) bool {
	mask, found := proc.Line(fdinfo, "sigmask")
	if !found {
		return false
	}
	set, err := strconv.ParseUint(string(mask), 16, 64)
	return err == nil && SignalSet(set)&proc.TimerSignals != 0
}

// Blocking reports whether calls on a descriptor of a process block: O_NONBLOCK is
// not among its flags in proc_pid_fdinfo(5).
func Blocking(id ProcessID, fd int) (bool, error) {
	path := fmt.Sprintf("/proc/%d/fdinfo/%d", id.PID, fd)
	text, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	blocking, err := isBlocking(text)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return blocking, nil
}

func isBlocking(fdinfo []byte) (bool, error) {
	value, _ := proc.Line(fdinfo, "flags")
	flags, err := strconv.ParseUint(string(value), 8, 32)
	if err != nil {
		return false, fmt.Errorf("flags: %w", err)
	}
	return flags&unix.O_NONBLOCK == 0, nil
}

// EdgeTriggered reports whether an epoll descriptor of a process watches another of
// its descriptors with EPOLLET, epoll_ctl(2): epoll_wait(2) returns for input that
// arrives, and not for input that is there already.
func EdgeTriggered(id ProcessID, epoll, fd int) (bool, error) {
	list, err := interestList(id, epoll)
	return list[fd]&unix.EPOLLET != 0, err
}

// Interest returns the descriptors in the interest list of an epoll descriptor of a
// process, in order.
func Interest(id ProcessID, epoll int) ([]int, error) {
	list, err := interestList(id, epoll)
	return slices.Sorted(maps.Keys(list)), err
}

// interestList returns the events that an epoll descriptor waits for, by descriptor.
func interestList(id ProcessID, epoll int) (map[int]uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", id.PID, epoll))
	if err != nil {
		return nil, err
	}
	return parseInterest(text), nil
}

// parseInterest looks for lines such as "tfd:  8 events: 8000201d data: …",
// proc_pid_fdinfo(5).
func parseInterest(fdinfo []byte) map[int]uint64 {
	list := map[int]uint64{}
	for line := range bytes.Lines(fdinfo) {
		words := bytes.Fields(line)
		if len(words) < 4 || string(words[0]) != "tfd:" {
			continue
		}
		fd, wrong := strconv.Atoi(string(words[1]))
		events, err := strconv.ParseUint(string(words[3]), 16, 64)
		if wrong == nil && err == nil {
			list[fd] = events
		}
	}
	return list
}
