package sandbox

import (
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
	for sig := uintptr(1); sig <= lastSignal; sig++ {
		var now kernelSigaction
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig, 0,
			uintptr(unsafe.Pointer(&now)), sigsetBytes, 0, 0)
		if errno != 0 || now.handler != sigIgnore {
			continue
		}
		fresh := kernelSigaction{handler: sigDefault}
		_, _, _ = unix.RawSyscall6(unix.SYS_RT_SIGACTION, sig,
			uintptr(unsafe.Pointer(&fresh)), 0, sigsetBytes, 0, 0)
	}
}

// emptyMask unblocks every signal in the calling thread; a process forked from
// it starts with that mask.
func emptyMask() error {
	var none unix.Sigset_t
	return unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
}
