package stack

// RegisterCount is how many registers a sample holds, at most: 17 on amd64, 32 on arm64.
const RegisterCount = 33

// A Sample is where one thread was blocked in a system call.
type Sample struct {
	// PC and SP are its program counter and its stack pointer.
	PC, SP uint64
	// Registers are by their numbers in DWARF. Those that Known has no bit for are not
	// known: /proc shows two, ptrace(2) all of them.
	Registers [RegisterCount]uint64
	Known     uint64
	// Stack is a copy of the stack from SP on, at most 64 KiB.
	Stack []byte
	// Code are the mappings with machine code.
	Code []Mapping
}

// A Mapping is one executable mapping of a process, proc_pid_maps(5).
type Mapping struct {
	// Start and End are addresses; Offset is where Start is in the file.
	Start, End, Offset uint64
	// File is the place of the file among those of the collection; -1 when it has
	// none.
	File int
	// Own says that it is of the program itself, not of a library.
	Own bool
}

// set stores the value of one register.
func (s *Sample) set(register int, value uint64) {
	s.Registers[register] = value
	s.Known |= 1 << register
}

const (
	mostStack    = 64 << 10
	mostMappings = 64
)
