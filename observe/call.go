package observe

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// A Wait says whether a sleep has a timeout.
type Wait uint8

// The kinds of waits.
const (
	Unknown Wait = iota // it could not be read
	Untimed             // only an event or a signal ends it
	Timed               // a timeout ends it
)

// String returns the wait in a word: "untimed".
func (w Wait) String() string {
	switch w {
	case Untimed:
		return "untimed"
	case Timed:
		return "timed"
	default:
		return "unknown"
	}
}

// A Call is the system call that a task sleeps in, proc_pid_syscall(5).
type Call struct {
	// Number is the architecture's number; -1 outside a system call, or when
	// it could not be read.
	Number int64
	// Name is empty outside a system call. A number of which this package knows
	// nothing is "syscall 318".
	Name string
	Args [6]uint64
	// Running says that the task does not sleep.
	Running bool
	// Wait says whether the sleep has a timeout.
	Wait Wait
	// Timeout is the length of a timed wait from its beginning; 0 when unknown.
	Timeout time.Duration
}

func callOf(s proc.Syscall) Call {
	return Call{Number: s.Number, Name: s.Name, Args: s.Args, Running: s.Running}
}

// FD returns the descriptor that the call waits on, when its first argument is one.
func (c Call) FD() (int, bool) {
	if c.Running || !calls[c.Name].onDescriptor {
		return 0, false
	}
	return int(int32(c.Args[0])), true
}

// Accepts reports whether the call returns when a connection waits in the accept
// queue of its descriptor.
func (c Call) Accepts() bool { return calls[c.Name].use == accepts }

// Reads reports whether the call returns when its descriptor has input. A call
// with MSG_PEEK or MSG_WAITALL may wait for more than there is.
func (c Call) Reads() bool {
	kind := calls[c.Name]
	more := kind.flags > 0 && c.Args[kind.flags]&(unix.MSG_PEEK|unix.MSG_WAITALL) != 0
	return kind.use == reads && !more
}

// Works reports whether the kernel completes the call by itself, as mmap: no event has to
// come, and a thread that seems to sleep in it is about to return.
func (c Call) Works() bool { return calls[c.Name].use == works }

// String describes the call: "accept4(3)", "wait4(-1)", "poll(timeout 5s)",
// "running".
func (c Call) String() string {
	switch {
	case c.Running:
		return "running"
	case c.Name == "":
		return "no system call"
	}
	var args []string
	if fd, ok := c.FD(); ok || calls[c.Name].onPID {
		if !ok {
			fd = int(int32(c.Args[0]))
		}
		args = append(args, fmt.Sprint(fd))
	}
	switch {
	case c.Wait == Timed && c.Timeout > 0:
		args = append(args, fmt.Sprintf("timeout %v", c.Timeout))
	case c.Wait == Timed:
		args = append(args, "with a timeout")
	case c.Wait == Untimed && len(args) == 0 && calls[c.Name].timeout != nil:
		args = append(args, "no timeout")
	}
	return fmt.Sprintf("%s(%s)", c.Name, strings.Join(args, ", "))
}

// equal reports whether two readings show the same call with the same arguments.
func (c Call) equal(d Call) bool {
	return c.Number == d.Number && c.Args == d.Args && c.Running == d.Running
}

// A callKind says on what a system call can block, and which timeout it has.
type callKind struct {
	onDescriptor bool // the first argument is a descriptor
	onPID        bool // the first argument is a pid
	use          use
	flags        int // the argument with the MSG_ flags, if not 0
	timeout      timeoutRule
}

// A use is what a call does, with its descriptor if it has one.
type use uint8

const (
	otherUse use = iota
	reads
	accepts
	works
)

// calls are the system calls that a server may block in, or be seen in for a while.
var calls = map[string]callKind{
	"read":     {onDescriptor: true, use: reads, timeout: receiveOption},
	"readv":    {onDescriptor: true, use: reads, timeout: receiveOption},
	"pread64":  {onDescriptor: true, use: reads, timeout: receiveOption},
	"preadv":   {onDescriptor: true, use: reads, timeout: receiveOption},
	"preadv2":  {onDescriptor: true, use: reads, timeout: receiveOption},
	"recvfrom": {onDescriptor: true, use: reads, flags: 3, timeout: receiveOption},
	"recvmsg":  {onDescriptor: true, use: reads, flags: 2, timeout: receiveOption},
	"recvmmsg": {onDescriptor: true, use: reads, flags: 3, timeout: either(relativeTimespec(4), receiveOption)},
	"accept":   {onDescriptor: true, use: accepts, timeout: receiveOption},
	"accept4":  {onDescriptor: true, use: accepts, timeout: receiveOption},

	"write":    {onDescriptor: true, timeout: sendOption},
	"writev":   {onDescriptor: true, timeout: sendOption},
	"pwrite64": {onDescriptor: true, timeout: sendOption},
	"pwritev":  {onDescriptor: true, timeout: sendOption},
	"pwritev2": {onDescriptor: true, timeout: sendOption},
	"sendto":   {onDescriptor: true, timeout: sendOption},
	"sendmsg":  {onDescriptor: true, timeout: sendOption},
	"sendmmsg": {onDescriptor: true, timeout: sendOption},
	"sendfile": {onDescriptor: true, timeout: sendOption},
	"splice":   {onDescriptor: true, timeout: either(receiveOption, sendOptionOf(2))},
	"connect":  {onDescriptor: true, timeout: always}, // the kernel gives up after some retries, tcp(7)
	"close":    {onDescriptor: true, timeout: always}, // blocks only for SO_LINGER, socket(7)

	"poll":         {timeout: milliseconds(2)},
	"ppoll":        {timeout: relativeTimespec(2)},
	"select":       {timeout: relativeTimeval(4)},
	"pselect6":     {timeout: relativeTimespec(4)},
	"epoll_wait":   {onDescriptor: true, timeout: milliseconds(3)},
	"epoll_pwait":  {onDescriptor: true, timeout: milliseconds(3)},
	"epoll_pwait2": {onDescriptor: true, timeout: relativeTimespec(3)},

	"nanosleep":       {timeout: relativeTimespec(0)},
	"clock_nanosleep": {timeout: clockSleep},
	"futex":           {timeout: futexWait},
	"futex_wait":      {timeout: absolute(4)},
	"futex_waitv":     {timeout: absolute(3)},
	"rt_sigtimedwait": {timeout: signalWait},
	"semtimedop":      {timeout: relativeTimespec(3)},
	"mq_timedreceive": {onDescriptor: true, timeout: absolute(4)},
	"mq_timedsend":    {onDescriptor: true, timeout: absolute(4)},
	"io_getevents":    {timeout: relativeTimespec(4)},
	"restart_syscall": {timeout: always},
	"exit":            {timeout: always}, // closes sockets that linger
	"exit_group":      {timeout: always},
	"io_uring_enter":  {onDescriptor: true, timeout: unknownTimeout},

	"wait4":         {onPID: true},
	"waitid":        {},
	"pause":         {},
	"rt_sigsuspend": {},
	"vfork":         {},
	"clone":         {},
	"clone3":        {},
	"execve":        {},
	"open":          {}, // of a named pipe
	"openat":        {},
	"flock":         {onDescriptor: true},
	"fcntl":         {onDescriptor: true},
	"ioctl":         {onDescriptor: true},
	"fsync":         {onDescriptor: true},
	"fdatasync":     {onDescriptor: true},
	"msgrcv":        {},
	"msgsnd":        {},
	"semop":         {},

	"mmap":     {use: works},
	"munmap":   {use: works},
	"mprotect": {use: works},
	"mremap":   {use: works},
	"madvise":  {use: works},
	"brk":      {use: works},
}
