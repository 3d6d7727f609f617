package unwind

import "debug/elf"

// The registers by their numbers in DWARF (System V ABI, AMD64 supplement, figure 3.36).
const (
	machine       = elf.EM_X86_64
	stackRegister = 7
	linkRegister  = -1 // return addresses are on the stack
	addressMask   = 1<<64 - 1
)

// isPreserved says whether a function leaves a register to its caller as it was, when
// its unwind information says nothing of it.
func isPreserved(register int) bool {
	return register == 3 || register == 6 || register >= 12 && register <= 15
}
