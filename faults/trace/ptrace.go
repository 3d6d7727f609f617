package trace

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// traceOptions are set at PTRACE_SEIZE: syscall-stops differ from SIGTRAP, the
// kernel attaches new threads, and it reports execve.
const traceOptions = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEEXEC

// followOptions make the kernel attach children, too.
const followOptions = unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK

// A syscallInfo is struct ptrace_syscall_info, ptrace(2).
type syscallInfo struct {
	op   uint8
	_    [3]byte
	arch uint32
	_    [2]uint64 // instruction and stack pointer
	// At entry the number and six arguments, at exit the result.
	data [8]uint64
}

func (i *syscallInfo) number() uint64   { return i.data[0] }
func (i *syscallInfo) arg(n int) uint64 { return i.data[1+n] }
func (i *syscallInfo) result() int64    { return int64(i.data[0]) }

func ptrace(request, tid int, data uintptr) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func ptraceSyscallInfo(tid int, info *syscallInfo) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid),
		unsafe.Sizeof(*info), uintptr(unsafe.Pointer(info)), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// readWord and writeWord access the memory of a stopped tracee.
func readWord(tid int, addr uint64) (uint64, error) {
	var b [8]byte
	_, err := unix.PtracePeekData(tid, uintptr(addr), b[:])
	return *(*uint64)(unsafe.Pointer(&b)), err
}

func writeWord(tid int, addr, value uint64) error {
	b := *(*[8]byte)(unsafe.Pointer(&value))
	_, err := unix.PtracePokeData(tid, uintptr(addr), b[:])
	return err
}
