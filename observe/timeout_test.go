package observe

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A fakeThread has two words of memory and one socket timeout.
type fakeThread struct {
	memory [2]int64
	option time.Duration
	err    error
}

func (f fakeThread) words(uint64) ([2]int64, error)                { return f.memory, f.err }
func (f fakeThread) socketTimeout(int, int) (time.Duration, error) { return f.option, f.err }

const pointer = 0x7ffd7e369280

// syscallLine returns what the kernel shows for a call.
func syscallLine(number int, args ...uint64) []byte {
	var all [6]uint64
	copy(all[:], args)
	text := fmt.Sprint(number)
	for _, a := range all {
		text += fmt.Sprintf(" 0x%x", a)
	}
	return []byte(text + " 0x7ffd7e369250 0x7f5953852aec\n")
}

func TestTimeouts(t *testing.T) {
	broken := errors.New("not permitted")
	fiveSeconds := fakeThread{memory: [2]int64{5, 0}}
	for _, c := range []struct {
		line []byte
		s    fakeThread
		want string
		wait Wait
	}{
		{syscallLine(unix.SYS_READ, 0), fakeThread{}, "read(0)", Untimed},
		{syscallLine(unix.SYS_READ, 3), fakeThread{option: time.Second}, "read(3, timeout 1s)", Timed},
		{syscallLine(unix.SYS_ACCEPT4, 3), fakeThread{err: broken}, "accept4(3)", Unknown},
		{syscallLine(unix.SYS_WAIT4, 0xffffffffffffffff), fakeThread{}, "wait4(-1)", Untimed},
		{syscallLine(unix.SYS_PPOLL, pointer, 1, pointer), fiveSeconds, "ppoll(timeout 5s)", Timed},
		{syscallLine(unix.SYS_PPOLL, pointer, 1, pointer), fakeThread{err: broken}, "ppoll(with a timeout)", Timed},
		{syscallLine(unix.SYS_PPOLL, pointer, 1, pointer), fakeThread{memory: [2]int64{1 << 62, 0}}, "ppoll(with a timeout)", Timed},
		{syscallLine(unix.SYS_PSELECT6, 4, pointer, 0, 0, 0), fakeThread{}, "pselect6(no timeout)", Untimed},
		{syscallLine(unix.SYS_EPOLL_PWAIT, 4, pointer, 8, 0xffffffff), fakeThread{}, "epoll_pwait(4)", Untimed},
		{syscallLine(unix.SYS_EPOLL_PWAIT, 4, pointer, 8, 250), fakeThread{}, "epoll_pwait(4, timeout 250ms)", Timed},
		{syscallLine(unix.SYS_FUTEX, pointer, 0x80, 2, 0), fakeThread{}, "futex(no timeout)", Untimed},
		{syscallLine(unix.SYS_FUTEX, pointer, 0x80, 2, pointer), fiveSeconds, "futex(timeout 5s)", Timed},
		{syscallLine(unix.SYS_FUTEX, pointer, 0x189, 2, pointer), fiveSeconds, "futex(with a timeout)", Timed},
		{syscallLine(unix.SYS_CLOCK_NANOSLEEP, 0, 0, pointer), fiveSeconds, "clock_nanosleep(timeout 5s)", Timed},
		{syscallLine(unix.SYS_CLOCK_NANOSLEEP, 0, 1, pointer), fiveSeconds, "clock_nanosleep(with a timeout)", Timed},
		{syscallLine(unix.SYS_RECVMMSG, 3, pointer, 8, 0, pointer), fiveSeconds, "recvmmsg(3, timeout 5s)", Timed},
		{syscallLine(unix.SYS_RECVMMSG, 3, pointer, 8, 0, 0), fakeThread{}, "recvmmsg(3)", Untimed},
		{syscallLine(unix.SYS_RECVMMSG, 3, pointer, 8, 0, 0), fakeThread{err: broken}, "recvmmsg(3)", Unknown},
		{syscallLine(unix.SYS_RT_SIGTIMEDWAIT, pointer, 0, 0), fakeThread{err: broken}, "rt_sigtimedwait()", Unknown},
		{syscallLine(unix.SYS_CONNECT, 3), fakeThread{}, "connect(3, with a timeout)", Timed},
		{syscallLine(unix.SYS_RESTART_SYSCALL, pointer, 1, 0xffffffff), fakeThread{}, "poll(no timeout)", Untimed},
		{syscallLine(unix.SYS_RESTART_SYSCALL, pointer, 0, 0xffffffff), fakeThread{}, "restart_syscall(with a timeout)", Timed},
		{syscallLine(99999, 1), fakeThread{}, "syscall 99999()", Unknown},
		{[]byte("102 0x5 0x0 0x0 0x0 0x0 0x0 0xffd7e250 0xf7fc4559\n"), fakeThread{}, "32-bit syscall 102()", Unknown},
		{[]byte("-1 0x7ffd7e369250 0x7f5953852aec\n"), fakeThread{}, "no system call", Unknown},
		{[]byte("running\n"), fakeThread{}, "running", Unknown},
	} {
		call := callOf(proc.ParseSyscall(c.line))
		call.Wait, call.Timeout = call.timing(c.s)
		if got := call.String(); got != c.want || call.Wait != c.wait {
			t.Errorf("%s: %s (%v), want %s (%v)", c.line, got, call.Wait, c.want, c.wait)
		}
	}
}

// Every call that internal/proc names has a kind, and the other way round.
func TestCallTablesAgree(t *testing.T) {
	const unnamed = "syscall "
	named := map[string]bool{}
	for number := range int64(1000) {
		name := proc.SyscallName(number)
		if strings.HasPrefix(name, unnamed) {
			continue
		}
		if _, known := calls[name]; !known {
			t.Errorf("%d is %s, which has no kind", number, name)
		}
		named[name] = true
	}
	for name := range calls {
		if !named[name] && named["poll"] { // arm64 lacks poll and the like
			t.Errorf("%s has no number", name)
		}
	}
}
