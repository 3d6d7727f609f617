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

// A sleep is what was found out about a thread that sleeps. It holds as long
// as the thread was not switched to: a call takes its timeout, and that of its
// socket, when it begins.
type sleep struct {
	tid      int
	process  ProcessID
	switches uint64
	call     Call
}

// timeOut finds out whether time can end the call that a task sleeps in, or
// knows it from the look before.
func (w *taskReader) timeOut(t *Task, id ProcessID) {
	if t.Call.Running || t.Call.Number == proc.NoSyscall {
		return
	}
	before, known := w.before[t.TID]
	if known && before.process == id && before.switches == t.Switches && before.call.sameSleep(t.Call) {
		t.Call.Wait, t.Call.Timeout = before.call.Wait, before.call.Timeout
	} else {
		t.Call.Wait, t.Call.Timeout = t.Call.timing(liveSleeper{w.r.root, id.PID, t.TID})
	}
	w.slept = append(w.slept, sleep{tid: t.TID, process: id, switches: t.Switches, call: t.Call})
}

// A liveSleeper asks a live process.
type liveSleeper struct {
	proc     string
	pid, tid int
}

// pair reads its memory by process_vm_readv(2).
func (s liveSleeper) pair(address uint64) ([2]int64, error) {
	var pair [2]int64
	size := int(unsafe.Sizeof(pair))
	local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&pair)), Len: uint64(size)}}
	remote := []unix.RemoteIovec{{Base: uintptr(address), Len: size}}
	n, err := unix.ProcessVMReadv(s.pid, local, remote, 0)
	if err == nil && n < 8 {
		err = unix.EFAULT
	}
	if err != nil {
		return pair, fmt.Errorf("process_vm_readv: %w", err)
	}
	return pair, nil
}

// socketTimeout reads the option from a duplicate of the descriptor, by
// pidfd_getfd(2), and closes the duplicate at once. Nothing but a socket is
// duplicated.
func (s liveSleeper) socketTimeout(fd, option int) (time.Duration, error) {
	link, err := os.Readlink(s.proc + "/" + strconv.Itoa(s.pid) + "/task/" + strconv.Itoa(s.tid) + "/fd/" + strconv.Itoa(fd))
	if err != nil {
		return 0, err
	}
	if !strings.HasPrefix(link, "socket:") {
		return 0, nil
	}
	process, err := unix.PidfdOpen(s.pid, 0)
	if err != nil {
		return 0, fmt.Errorf("pidfd_open: %w", err)
	}
	defer func() { _ = unix.Close(process) }()
	duplicate, err := unix.PidfdGetfd(process, fd, 0)
	if err != nil {
		return 0, fmt.Errorf("pidfd_getfd: %w", err)
	}
	value, err := unix.GetsockoptTimeval(duplicate, unix.SOL_SOCKET, option)
	_ = unix.Close(duplicate)
	if err != nil {
		return 0, fmt.Errorf("getsockopt: %w", err)
	}
	return time.Duration(value.Nano()), nil
}
