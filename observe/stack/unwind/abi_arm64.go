package unwind

import "debug/elf"

// The registers by their numbers in DWARF (DWARF for the Arm 64-bit Architecture,
// section 4.1).
const (
	machine       = elf.EM_AARCH64
	stackRegister = 31
	linkRegister  = 30
	addressMask   = 1<<48 - 1 // above may be a pointer authentication code
)

// isPreserved says whether a function leaves a register to its caller as it was, when
// its unwind information says nothing of it.
func isPreserved(register int) bool { return register >= 19 && register <= 29 }
