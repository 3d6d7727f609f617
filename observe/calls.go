package observe

// A callKind is what this package knows of a system call: on what it can
// block, and how time can end that.
type callKind struct {
	onDescriptor bool // the first argument is a descriptor
	onPID        bool // the first argument is a pid
	use          use
	flags        int // the argument with the MSG_ flags, if not 0
	timeout      timeoutRule
}

// A use is what a call does with its descriptor.
type use uint8

const (
	otherUse use = iota
	reads
	accepts
)

// calls are the system calls that a server may block in.
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
	"connect":  {onDescriptor: true, timeout: always}, // the kernel gives up in the end, tcp(7)
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
}
