package unwind

import (
	"encoding/binary"
	"errors"

	"github.com/forkproof/forkproof/observe/stack"
)

// errUnknown says that a value cannot be known: the way to the caller ends here.
var errUnknown = errors.New("a register or a part of the stack is not known")

// A state is a point on the way from a call to its callers.
type state struct {
	pc        uint64
	registers [stack.RegisterCount]uint64
	known     [stack.RegisterCount]bool
	base      uint64 // the address of stack
	stack     []byte
	// returned says that pc is where a call returns to, and not where the thread is or
	// where a signal interrupted it.
	returned bool
}

func newState(s stack.Sample) state {
	t := state{pc: s.PC & addressMask, registers: s.Registers, base: s.SP, stack: s.Stack}
	for i := range t.known {
		t.known[i] = s.Known&(1<<i) != 0
	}
	return t
}

// lookup is the address by which the code is looked up: a call that never returns may
// be the last instruction of its function.
func (t state) lookup() uint64 {
	if t.returned {
		return t.pc - 1
	}
	return t.pc
}

func (t state) register(n int) (uint64, error) {
	if n < 0 || n >= len(t.registers) || !t.known[n] {
		return 0, errUnknown
	}
	return t.registers[n], nil
}

// word reads eight bytes of the stack.
func (t state) word(address uint64) (uint64, error) {
	offset := address - t.base
	if address < t.base || offset > uint64(len(t.stack)) || uint64(len(t.stack))-offset < 8 {
		return 0, errUnknown
	}
	return binary.LittleEndian.Uint64(t.stack[offset:]), nil
}

// caller returns the state of the caller, by the row for the function that t is in. It
// returns false when there is none.
func (t state) caller(c *common, w row) (state, bool) {
	frame, err := t.frameAddress(w.frame)
	if err != nil {
		return t, false
	}
	if sp := t.registers[stackRegister]; frame < sp || frame == sp && linkRegister < 0 {
		return t, false // stacks grow downwards
	}
	next := t
	for i := range next.registers {
		next.registers[i], err = t.value(i, w.registers[i], frame)
		// A caller has saved its own link register, or it is lost.
		next.known[i] = err == nil && (i != linkRegister || c.signal)
	}
	if w.registers[stackRegister].kind == unspecified {
		next.registers[stackRegister], next.known[stackRegister] = frame, true
	}
	next.pc, err = t.returnAddress(c, w, frame)
	if err != nil || next.pc == 0 {
		return t, false
	}
	next.returned = !c.signal
	return next, true
}

func (t state) frameAddress(r rule) (uint64, error) {
	switch r.kind {
	case isOffset:
		base, err := t.register(r.register)
		return base + uint64(r.offset), err
	case isExpression:
		return t.evaluate(r.expression)
	}
	return 0, errUnknown
}

func (t state) returnAddress(c *common, w row, frame uint64) (uint64, error) {
	if c.returnAddress >= len(w.registers) {
		return 0, errUnknown
	}
	r := w.registers[c.returnAddress]
	if r.kind == unspecified && c.returnAddress == linkRegister {
		r.kind = same
	}
	address, err := t.value(c.returnAddress, r, frame)
	return address & addressMask, err
}

// value returns what a register holds in the caller.
func (t state) value(n int, r rule, frame uint64) (uint64, error) {
	switch r.kind {
	case unspecified:
		if !isPreserved(n) {
			return 0, errUnknown
		}
		return t.register(n)
	case same:
		return t.register(n)
	case atOffset:
		return t.word(frame + uint64(r.offset))
	case isOffset:
		return frame + uint64(r.offset), nil
	case inRegister:
		return t.register(r.register)
	case atExpression:
		address, err := t.evaluate(r.expression, frame)
		if err != nil {
			return 0, err
		}
		return t.word(address)
	case isExpression:
		return t.evaluate(r.expression, frame)
	}
	return 0, errUnknown
}
