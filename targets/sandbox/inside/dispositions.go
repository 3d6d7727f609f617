package inside

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A kernelSigaction is struct sigaction as rt_sigaction(2) takes it; the field
// after the flags differs between architectures, so room is left for both.
type kernelSigaction struct {
	handler uintptr
	flags   uint64
	_       [2]uint64
}

const (
	sigDefault  = 0
	sigIgnore   = 1
	lastSignal  = 64
	sigsetBytes = 8
)

// defaultDispositions gives every ignored signal its default action, so that a
// server does not inherit what nohup(1) or a shell's & left ignored. Signals
// that the Go runtime catches need nothing: execve(2) resets them.
func defaultDispositions() {
	for sig := unix.Signal(1); sig <= lastSignal; sig++ {
		var now kernelSigaction
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0,
			uintptr(unsafe.Pointer(&now)), sigsetBytes, 0, 0)
		if errno == 0 && now.handler == sigIgnore {
			_ = setDisposition(sig, sigDefault)
		}
	}
}

// setDisposition sets what a signal does, behind the back of the Go runtime:
// for a process that is about to execute another program.
func setDisposition(sig unix.Signal, handler uintptr) error {
	action := kernelSigaction{handler: handler}
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// setMask blocks the given signals and no others in the calling thread; a
// process forked from it, or a program that it executes, starts with that mask.
func setMask(blocked []unix.Signal) error {
	var set unix.Sigset_t
	const bits = 8 * uint(unsafe.Sizeof(set.Val[0]))
	for _, sig := range blocked {
		if sig < 1 || sig > lastSignal {
			return fmt.Errorf("no signal %d: %w", sig, unix.EINVAL)
		}
		set.Val[uint(sig-1)/bits] |= 1 << (uint(sig-1) % bits)
	}
	return unix.PthreadSigmask(unix.SIG_SETMASK, &set, nil)
}
