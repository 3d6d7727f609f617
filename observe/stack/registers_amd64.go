package stack

import "golang.org/x/sys/unix"

// stackRegister is the number of the stack pointer in DWARF (System V ABI, AMD64
// supplement, figure 3.36).
const stackRegister = 7

// setAll stores the registers that a caller may rely on after a call.
func (s *Sample) setAll(r *unix.PtraceRegs) {
	for i, value := range []uint64{
		r.Rax, r.Rdx, r.Rcx, r.Rbx, r.Rsi, r.Rdi, r.Rbp, r.Rsp, r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15,
	} {
		s.set(i, value)
	}
}

// pointers returns the program counter and the stack pointer.
func pointers(r *unix.PtraceRegs) (pc, sp uint64) { return r.Rip, r.Rsp }
