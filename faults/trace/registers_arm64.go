package trace

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// nativeABI is the only ABI whose system calls are known by number.
const nativeABI = unix.AUDIT_ARCH_AARCH64

func isNative(info *syscallInfo) bool { return info.arch == nativeABI }

const (
	ntPrstatus      = 1     // NT_PRSTATUS: general registers
	ntArmSystemCall = 0x404 // NT_ARM_SYSTEM_CALL: the number of the call
)

// dropNumber makes the kernel carry out no call, at a syscall-entry-stop. A seccomp
// filter may kill the server for the number.
func dropNumber(tid int) error { return setNumber(tid, -1) }

// setNumber replaces the number of a call at a syscall-entry-stop.
func setNumber(tid int, number int32) error {
	vector := unix.Iovec{Base: (*byte)(unsafe.Pointer(&number)), Len: uint64(unsafe.Sizeof(number))}
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_SETREGSET, uintptr(tid),
		ntArmSystemCall, uintptr(unsafe.Pointer(&vector)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// setResult replaces what the call returns at a syscall-exit-stop.
func setResult(tid int, result int64) error { return setArgument(tid, 0, uint64(result)) }

// setArgument replaces argument n, counted from 0.
func setArgument(tid, n int, value uint64) error {
	var r unix.PtraceRegsArm64
	if err := unix.PtraceGetRegSetArm64(tid, ntPrstatus, &r); err != nil {
		return err
	}
	r.Regs[n] = value
	return unix.PtraceSetRegSetArm64(tid, ntPrstatus, &r)
}

type registers = unix.PtraceRegsArm64

func readRegisters(tid int) (r registers, err error) {
	err = unix.PtraceGetRegSetArm64(tid, ntPrstatus, &r)
	return r, err
}

func stackPointer(r *registers) uint64 { return r.Sp }

func instructionPointer(r *registers) uint64 { return r.Pc }

// replaceCall puts another call in the place of the one at whose entry a thread is
// stopped with these registers.
func replaceCall(tid int, r registers, number uint64, args [4]uint64) error {
	copy(r.Regs[:], args[:])
	if err := unix.PtraceSetRegSetArm64(tid, ntPrstatus, &r); err != nil {
		return err
	}
	return setNumber(tid, int32(number))
}

// makeCall makes a thread that is at a syscall-exit-stop make another call next, with
// the registers that it had at the entry of its own one.
func makeCall(tid int, r registers, number uint64, args [4]uint64) error {
	r.Pc -= syscallSize
	r.Regs[8] = number
	copy(r.Regs[:], args[:])
	return unix.PtraceSetRegSetArm64(tid, ntPrstatus, &r)
}

// makeOwnCall is makeCall for the call at whose entry the registers were read.
func makeOwnCall(tid int, r registers) error {
	return makeCall(tid, r, r.Regs[8], [4]uint64(r.Regs[:4]))
}

// syscallSize is the length of the instruction that makes a call, in bytes.
const syscallSize = 4

// olderSignatures are system calls that newer architectures lack.
var olderSignatures = map[uint64][]signature{}

// olderRecorded are system calls that this architecture has besides those of all.
var olderRecorded = map[uint64]recordedCall{
	unix.SYS_RENAMEAT: {name: "renameat", paths: []pathArgument{{0, 1}, {2, 3}}},
	unix.SYS_FSTATAT:  onPath("newfstatat", 0, 1),
}

// olderBlocking are calls of no family that may block and that this architecture lacks.
var olderBlocking []uint64
