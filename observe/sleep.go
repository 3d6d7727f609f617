package observe

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A sleep is what is known of the sleep of a thread. It holds as long as the
// thread does not run: a call takes its timeout, and that of its socket, when it
// begins.
type sleep struct {
	tid      int
	process  ProcessID
	switches uint64
	call     Call
}

// addTiming sets the timeout of the call that a task sleeps in. When the last look
// saw the same sleep, that has the answer.
func (w *taskReader) addTiming(t *Task, id ProcessID) {
	if t.Call.Running || t.Call.Number == proc.NoSyscall {
		return
	}
	before, known := w.before[t.TID]
	if known && before.process == id && before.switches == t.Switches && before.call.equal(t.Call) {
		t.Call.Wait, t.Call.Timeout = before.call.Wait, before.call.Timeout
	} else {
		t.Call.Wait, t.Call.Timeout = t.Call.timing(liveThread{w.r.root, id.PID, t.TID})
	}
	w.sleeps = append(w.sleeps, sleep{tid: t.TID, process: id, switches: t.Switches, call: t.Call})
}

// A liveThread is a thread of a live process, which it does not stop.
type liveThread struct {
	proc     string
	pid, tid int
}

// words reads the memory of the process by process_vm_readv(2).
func (t liveThread) words(address uint64) ([2]int64, error) {
	var words [2]int64
	size := int(unsafe.Sizeof(words))
	local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&words)), Len: uint64(size)}}
	remote := []unix.RemoteIovec{{Base: uintptr(address), Len: size}}
	n, err := unix.ProcessVMReadv(t.pid, local, remote, 0)
	if err == nil && n < 8 {
		err = unix.EFAULT
	}
	if err != nil {
		return words, fmt.Errorf("process_vm_readv: %w", err)
	}
	return words, nil
}

// SocketTimeout returns a timeout option of a descriptor of a process, SO_RCVTIMEO or
// SO_SNDTIMEO (socket(7)); 0 for none, also when the descriptor is no socket.
func SocketTimeout(id ProcessID, fd, option int) (time.Duration, error) {
	return liveThread{"/proc", id.PID, id.PID}.socketTimeout(fd, option)
}

// Deferred reports whether a listening socket hands a client to its process only when the
// client has sent something (TCP_DEFER_ACCEPT, tcp(7)).
func Deferred(id ProcessID, fd int) (deferred bool, err error) {
	err = liveThread{"/proc", id.PID, id.PID}.onSocket(fd, func(socket int) error {
		seconds, err := unix.GetsockoptInt(socket, unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT)
		deferred = seconds > 0
		return err
	})
	return deferred, err
}

// ReusesAddress reports whether a socket has SO_REUSEADDR, socket(7).
func ReusesAddress(id ProcessID, fd int) (reuses bool, err error) {
	err = liveThread{"/proc", id.PID, id.PID}.onSocket(fd, func(socket int) error {
		set, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEADDR)
		reuses = set != 0
		return err
	})
	return reuses, err
}

func (t liveThread) socketTimeout(fd, option int) (timeout time.Duration, err error) {
	err = t.onSocket(fd, func(socket int) error {
		value, err := unix.GetsockoptTimeval(socket, unix.SOL_SOCKET, option)
		if err == nil {
			timeout = time.Duration(value.Nano())
		}
		return err
	})
	return timeout, err
}

// onSocket duplicates a descriptor by pidfd_getfd(2), reads an option of the duplicate and
// closes it. It duplicates nothing but sockets.
func (t liveThread) onSocket(fd int, read func(socket int) error) error {
	link, err := os.Readlink(t.proc + "/" + strconv.Itoa(t.pid) + "/task/" + strconv.Itoa(t.tid) + "/fd/" + strconv.Itoa(fd))
	if err != nil {
		return err
	}
	if !strings.HasPrefix(link, "socket:") {
		return nil
	}
	process, err := unix.PidfdOpen(t.pid, 0)
	if err != nil {
		return fmt.Errorf("pidfd_open: %w", err)
	}
	defer func() { _ = unix.Close(process) }()
	duplicate, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return fmt.Errorf("pidfd_getfd: %w", err)
	}
	err = read(duplicate)
	_ = unix.Close(duplicate)
	if err != nil {
		return fmt.Errorf("getsockopt: %w", err)
	}
	return nil
}
