package trace

import "golang.org/x/sys/unix"

// nativeABI is the only ABI whose system calls are known by number.
const nativeABI = unix.AUDIT_ARCH_X86_64

// x32Bit marks the numbers of the x32 ABI, which has AUDIT_ARCH_X86_64, too.
const x32Bit = 0x40000000

func isNative(info *syscallInfo) bool {
	return info.arch == nativeABI && (info.number()&x32Bit == 0 || int64(info.number()) < 0)
}

// dropNumber makes the kernel carry out no call, at a syscall-entry-stop. A seccomp
// filter may kill the server for the number.
func dropNumber(tid int) error {
	return edit(tid, func(r *unix.PtraceRegs) { r.Orig_rax = ^uint64(0) })
}

// setResult replaces what the call returns at a syscall-exit-stop.
func setResult(tid int, result int64) error {
	return edit(tid, func(r *unix.PtraceRegs) { r.Rax = uint64(result) })
}

// setArgument replaces argument n, counted from 0.
func setArgument(tid, n int, value uint64) error {
	return edit(tid, func(r *unix.PtraceRegs) {
		*[]*uint64{&r.Rdi, &r.Rsi, &r.Rdx, &r.R10, &r.R8, &r.R9}[n] = value
	})
}

func edit(tid int, change func(*unix.PtraceRegs)) error {
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		return err
	}
	change(&r)
	return unix.PtraceSetRegs(tid, &r)
}

type registers = unix.PtraceRegs

func readRegisters(tid int) (r registers, err error) {
	err = unix.PtraceGetRegs(tid, &r)
	return r, err
}

func stackPointer(r *registers) uint64 { return r.Rsp }

func instructionPointer(r *registers) uint64 { return r.Rip }

// replaceCall puts another call in the place of the one at whose entry a thread is
// stopped with these registers.
func replaceCall(tid int, r registers, number uint64, args [4]uint64) error {
	r.Orig_rax = number
	r.Rdi, r.Rsi, r.Rdx, r.R10 = args[0], args[1], args[2], args[3]
	return unix.PtraceSetRegs(tid, &r)
}

// makeCall makes a thread that is at a syscall-exit-stop make another call next, with
// the registers that it had at the entry of its own one.
func makeCall(tid int, r registers, number uint64, args [4]uint64) error {
	r.Rip -= syscallSize
	r.Rax = number
	r.Rdi, r.Rsi, r.Rdx, r.R10 = args[0], args[1], args[2], args[3]
	return unix.PtraceSetRegs(tid, &r)
}

// makeOwnCall is makeCall for the call at whose entry the registers were read.
func makeOwnCall(tid int, r registers) error {
	return makeCall(tid, r, r.Orig_rax, [4]uint64{r.Rdi, r.Rsi, r.Rdx, r.R10})
}

// syscallSize is the length of the instruction that makes a call, in bytes.
const syscallSize = 2

// olderSignatures are system calls that newer architectures lack.
var olderSignatures = map[uint64][]signature{
	unix.SYS_FORK:       {{name: "fork", family: Fork, fd: none}},
	unix.SYS_VFORK:      {{name: "vfork", family: Fork, fd: none}},
	unix.SYS_POLL:       {{name: "poll", family: Poll, fd: none}},
	unix.SYS_SELECT:     {{name: "select", family: Poll, fd: none}},
	unix.SYS_EPOLL_WAIT: {{name: "epoll_wait", family: Poll, fd: none}},
}

// olderRecorded are system calls that newer architectures lack.
var olderRecorded = map[uint64]recordedCall{
	unix.SYS_OPEN:       onPath("open", none, 0),
	unix.SYS_CREAT:      onPath("creat", none, 0),
	unix.SYS_MKDIR:      onPath("mkdir", none, 0),
	unix.SYS_MKNOD:      onPath("mknod", none, 0),
	unix.SYS_UNLINK:     onPath("unlink", none, 0),
	unix.SYS_RMDIR:      onPath("rmdir", none, 0),
	unix.SYS_SYMLINK:    onPath("symlink", none, 1),
	unix.SYS_LINK:       {name: "link", paths: []pathArgument{{none, 0}, {none, 1}}},
	unix.SYS_RENAME:     {name: "rename", paths: []pathArgument{{none, 0}, {none, 1}}},
	unix.SYS_RENAMEAT:   {name: "renameat", paths: []pathArgument{{0, 1}, {2, 3}}},
	unix.SYS_CHMOD:      onPath("chmod", none, 0),
	unix.SYS_CHOWN:      onPath("chown", none, 0),
	unix.SYS_LCHOWN:     onPath("lchown", none, 0),
	unix.SYS_ACCESS:     onPath("access", none, 0),
	unix.SYS_STAT:       onPath("stat", none, 0),
	unix.SYS_LSTAT:      onPath("lstat", none, 0),
	unix.SYS_NEWFSTATAT: onPath("newfstatat", 0, 1),
	unix.SYS_FORK:       {name: "fork"},
	unix.SYS_VFORK:      {name: "vfork"},
}

// olderBlocking are calls of no family that may block and that newer architectures lack.
var olderBlocking = []uint64{unix.SYS_PAUSE}
