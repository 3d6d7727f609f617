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
func dropNumber(tid int) error {
	number := int32(-1)
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
