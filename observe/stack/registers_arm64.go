package stack

import "golang.org/x/sys/unix"

// stackRegister is the number of the stack pointer in DWARF (DWARF for the Arm 64-bit
// Architecture, section 4.1).
const stackRegister = 31

// setAll stores the registers that a caller may rely on after a call.
func (s *Sample) setAll(r *unix.PtraceRegs) {
	for i, value := range r.Regs {
		s.set(i, value)
	}
	s.set(stackRegister, r.Sp)
}

// pointers returns the program counter and the stack pointer.
func pointers(r *unix.PtraceRegs) (pc, sp uint64) { return r.Pc, r.Sp }
