package inside

import (
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// A server is refused the system calls by which it would reach the machine past
// its isolation, or forkproof itself. Each is refused with an errno that a
// program knows from kernels without the call, and none ends the program. What is
// not named here is allowed: seccomp(2).

// A callTable are the numbers of one architecture's system calls.
type callTable struct {
	arch uint32
	// forbidden are refused with EPERM, absent with ENOSYS: libraries then do
	// without, as they do on older kernels.
	forbidden, absent []uint32
	// socket(2), prlimit64(2), and the calls that take MSG_FASTOPEN, which
	// connects past Landlock, with the argument that holds their flags.
	socket, prlimit uint32
	// Calls that change how the process whose pid is argument 0 is scheduled, and those
	// that do it for what arguments 0 and 1 name: setpriority(2), ioprio_set(2).
	sched               []uint32
	setpriority, ioprio uint32
	socketcall          uint32 // 0 where there is none
	fastOpen            [3]flagged
	// Calls that set a file's mode, with the argument that holds it, and those that
	// set it only when they create the file: the flags are in the argument before.
	// openat2(2) has its mode in memory, where a filter cannot see it.
	setMode, openMode []flagged
	openat2           uint32
	// foreign is where the numbers of x32 begin; 0 where there are none.
	foreign uint32
}

// flagged is a system call with the index of the argument that holds its flags.
type flagged struct{ number, argument uint32 }

// tablesOf returns the tables of the architectures that a machine runs.
func tablesOf(goarch string) []callTable {
	switch goarch {
	case "amd64":
		return []callTable{amd64Calls, i386Calls}
	case "arm64":
		return []callTable{arm64Calls, armCalls}
	}
	return nil
}

// The numbers of add_key, request_key, keyctl, bpf, perf_event_open,
// userfaultfd, kexec_load, kexec_file_load, init_module, finit_module and
// delete_module, in this order; those of io_uring; and those of sched_setscheduler,
// sched_setparam, sched_setaffinity and sched_setattr. i386's socketcall(2) stays
// allowed: a filter cannot see its arguments.
var (
	amd64Calls = callTable{
		arch:      unix.AUDIT_ARCH_X86_64,
		forbidden: []uint32{248, 249, 250, 321, 298, 323, 246, 320, 175, 313, 176},
		absent:    []uint32{425, 426, 427},
		socket:    41, prlimit: 302,
		sched: []uint32{144, 142, 203, 314}, setpriority: 141, ioprio: 251,
		fastOpen: [3]flagged{{44, 3}, {46, 2}, {307, 3}}, // sendto, sendmsg, sendmmsg
		// creat, chmod, fchmod, mknod, mknodat, fchmodat, fchmodat2; open, openat
		setMode:  []flagged{{85, 1}, {90, 1}, {91, 1}, {133, 1}, {259, 2}, {268, 2}, {452, 2}},
		openMode: []flagged{{2, 2}, {257, 3}},
		openat2:  437,
		foreign:  0x40000000,
	}
	i386Calls = callTable{
		arch:      unix.AUDIT_ARCH_I386,
		forbidden: []uint32{286, 287, 288, 357, 336, 374, 283, 128, 350, 129},
		absent:    []uint32{425, 426, 427},
		socket:    359, prlimit: 340, socketcall: 102,
		sched: []uint32{156, 154, 241, 351}, setpriority: 97, ioprio: 289,
		fastOpen: [3]flagged{{369, 3}, {370, 2}, {345, 3}},
		setMode:  []flagged{{8, 1}, {15, 1}, {94, 1}, {14, 1}, {297, 2}, {306, 2}, {452, 2}},
		openMode: []flagged{{5, 2}, {295, 3}},
		openat2:  437,
	}
	arm64Calls = callTable{
		arch:      unix.AUDIT_ARCH_AARCH64,
		forbidden: []uint32{217, 218, 219, 280, 241, 282, 104, 294, 105, 273, 106},
		absent:    []uint32{425, 426, 427},
		socket:    198, prlimit: 261,
		sched: []uint32{119, 118, 122, 274}, setpriority: 140, ioprio: 30,
		fastOpen: [3]flagged{{206, 3}, {211, 2}, {269, 3}},
		setMode:  []flagged{{52, 1}, {33, 2}, {53, 2}, {452, 2}}, // fchmod, mknodat, fchmodat, fchmodat2
		openMode: []flagged{{56, 3}},
		openat2:  437,
	}
	armCalls = callTable{
		arch:      unix.AUDIT_ARCH_ARM,
		forbidden: []uint32{309, 310, 311, 386, 364, 388, 347, 401, 128, 379, 129},
		absent:    []uint32{425, 426, 427},
		socket:    281, prlimit: 369,
		sched: []uint32{156, 154, 241, 380}, setpriority: 97, ioprio: 314,
		fastOpen: [3]flagged{{290, 3}, {296, 2}, {374, 3}},
		setMode:  []flagged{{8, 1}, {15, 1}, {94, 1}, {14, 1}, {324, 2}, {333, 2}, {452, 2}},
		openMode: []flagged{{5, 2}, {322, 3}},
		openat2:  437,
	}
)

// Address families and protocols that lead out of a network namespace, or past
// Landlock's rule for TCP.
var (
	forbiddenFamilies  = []uint32{unix.AF_VSOCK, unix.AF_SMC}
	forbiddenProtocols = []uint32{unix.IPPROTO_MPTCP, unix.IPPROTO_SCTP, 256 /* IPPROTO_SMC */}
)

// Offsets in struct seccomp_data, and of the lower half of an argument on a
// little-endian machine.
const (
	numberAt = 0
	archAt   = 4
)

func argumentAt(i uint32) uint32 { return 16 + 8*i }

func refuse(errno unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(errno) }

// A filterKind says what a filter refuses besides what every one does.
type filterKind struct {
	// offline refuses all sockets but those of the UNIX domain.
	offline bool
	// noSetID refuses to give a file the set-user-ID or the set-group-ID bit: where the
	// server's files are the machine's, another user who executes such a file later would
	// have the rights of the server's user, which may be root or a person.
	noSetID bool
	// ownSchedule refuses to change how other processes are scheduled, where the server
	// sees those of the machine. A filter does not know the caller's own pid: only a
	// caller that says 0 is allowed.
	ownSchedule bool
}

// filterProgram returns the filter for an architecture of Go as a program of
// the kernel's packet filter; nil where its calls are not known here.
func filterProgram(goarch string, kind filterKind) []unix.SockFilter {
	tables := tablesOf(goarch)
	if tables == nil {
		return nil
	}
	program := []unix.SockFilter{load(archAt)}
	for _, table := range tables {
		block := table.block(kind)
		program = append(program, equal(table.arch, 0, uint8(len(block))))
		program = append(program, block...)
	}
	return append(program, result(unix.SECCOMP_RET_ALLOW))
}

// block is the part of the filter for one architecture. Every way through it
// ends with a result.
func (c callTable) block(kind filterKind) []unix.SockFilter {
	list := []unix.SockFilter{load(numberAt)}
	if c.foreign != 0 {
		list = append(list,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, Jt: 0, Jf: 1, K: c.foreign}, result(refuse(unix.ENOSYS)))
	}
	list = append(list, anyOf(c.forbidden, refuse(unix.EPERM))...)
	list = append(list, anyOf(c.absent, refuse(unix.ENOSYS))...)
	list = append(list, when(c.prlimit, argument(0, 0))...) // of itself only
	for _, call := range c.fastOpen {
		list = append(list, when(call.number, []unix.SockFilter{
			load(argumentAt(call.argument)),
			jumpIfSet(unix.MSG_FASTOPEN, 0, 1),
			result(refuse(unix.EOPNOTSUPP)),
		})...)
	}
	if kind.noSetID {
		list = append(list, c.refuseSetID()...)
	}
	if kind.ownSchedule {
		list = append(list, c.keepSchedules()...)
	}
	if kind.offline {
		list = append(list, when(c.socket, slices.Concat(
			[]unix.SockFilter{load(argumentAt(0))}, unless(unix.AF_UNIX, refuse(unix.EACCES))))...)
		if c.socketcall != 0 {
			list = append(list, anyOf([]uint32{c.socketcall}, refuse(unix.EACCES))...)
		}
		return append(list, result(unix.SECCOMP_RET_ALLOW))
	}
	list = append(list, when(c.socket, slices.Concat(
		[]unix.SockFilter{load(argumentAt(0))}, anyOf(forbiddenFamilies, refuse(unix.EAFNOSUPPORT)),
		[]unix.SockFilter{equal(unix.AF_INET, 2, 0), equal(unix.AF_INET6, 1, 0), result(unix.SECCOMP_RET_ALLOW)},
		[]unix.SockFilter{load(argumentAt(2))}, anyOf(forbiddenProtocols, refuse(unix.EPROTONOSUPPORT))))...)
	return append(list, result(unix.SECCOMP_RET_ALLOW))
}

// keepSchedules refuses to reschedule any but the calling thread, sched(7), and any but
// its process by setpriority(2) and ioprio_set(2).
func (c callTable) keepSchedules() (list []unix.SockFilter) {
	const ioprioWhoProcess = 1 // IOPRIO_WHO_PROCESS
	for _, number := range c.sched {
		list = append(list, when(number, argument(0, 0))...)
	}
	list = append(list, when(c.setpriority, slices.Concat(argument(0, unix.PRIO_PROCESS), argument(1, 0)))...)
	return append(list, when(c.ioprio, slices.Concat(argument(0, ioprioWhoProcess), argument(1, 0)))...)
}

// refuseSetID refuses the calls that give a file the set-user-ID or set-group-ID bit,
// inode(7). A program that knows openat2(2) does without it, as on older kernels.
func (c callTable) refuseSetID() (list []unix.SockFilter) {
	const (
		bits    = unix.S_ISUID | unix.S_ISGID
		creates = unix.O_CREAT | 0x400000 // __O_TMPFILE
	)
	refused := []unix.SockFilter{jumpIfSet(bits, 0, 1), result(refuse(unix.EPERM))}
	for _, call := range c.setMode {
		list = append(list, when(call.number, slices.Concat(
			[]unix.SockFilter{load(argumentAt(call.argument))}, refused))...)
	}
	for _, call := range c.openMode {
		list = append(list, when(call.number, slices.Concat(
			[]unix.SockFilter{load(argumentAt(call.argument - 1)), jumpIfSet(creates, 0, 3), load(argumentAt(call.argument))},
			refused))...)
	}
	return append(list, anyOf([]uint32{c.openat2}, refuse(unix.ENOSYS))...)
}

// when does what then says for one system call, and allows it after that.
func when(number uint32, then []unix.SockFilter) []unix.SockFilter {
	then = append(then, result(unix.SECCOMP_RET_ALLOW))
	return append([]unix.SockFilter{equal(number, 0, uint8(len(then)))}, then...)
}

// anyOf gives a result for any of some values.
func anyOf(values []uint32, k uint32) (list []unix.SockFilter) {
	for _, value := range values {
		list = append(list, equal(value, 0, 1), result(k))
	}
	return list
}

// unless gives a result for all values but one.
func unless(value, k uint32) []unix.SockFilter {
	return []unix.SockFilter{equal(value, 1, 0), result(k)}
}

// argument refuses all values but one of an argument, with EPERM.
func argument(i, value uint32) []unix.SockFilter {
	return append([]unix.SockFilter{load(argumentAt(i))}, unless(value, refuse(unix.EPERM))...)
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func equal(k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: k}
}

// jumpIfSet jumps by whether any of some bits is set.
func jumpIfSet(k uint32, yes, no uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: yes, Jf: no, K: k}
}

func result(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }

// serverFilter is the filter of a server; nil where there is none.
func serverFilter(kind filterKind) *unix.SockFprog {
	program := filterProgram(runtime.GOARCH, kind)
	if program == nil {
		return nil
	}
	return &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
}
