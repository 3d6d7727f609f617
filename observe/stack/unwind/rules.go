package unwind

import "github.com/forkproof/forkproof/observe/stack"

// A ruleKind says where the caller's value of a register is.
type ruleKind uint8

const (
	unspecified ruleKind = iota
	undefined
	same
	atOffset           // in memory, at the frame's address plus an offset
	isOffset           // the frame's address plus an offset
	inRegister         // in another register
	atExpression       // in memory, at an address to be computed
	isExpression       // to be computed
	mostRemembered     = 64
	mostInstructions   = 1 << 16
	primaryOpcodeMask  = 0xc0
	primaryOperandMask = 0x3f
)

// A rule is how to find the caller's value of one register.
type rule struct {
	kind       ruleKind
	offset     int64
	register   int
	expression []byte
}

// A row is how to find the caller's registers from one address of a function.
type row struct {
	frame     rule // the frame's address (CFA): isOffset of a register, or isExpression
	registers [stack.RegisterCount]rule
}

// An execution runs the instructions of a description (DWARF 5, section 6.4.2).
type execution struct {
	common     *common
	row        row
	initial    row
	remembered []row
	location   uint64
	steps      int
}

// rowAt returns the row for an address.
func (d description) rowAt(pc uint64) (row, error) {
	x := &execution{common: d.common, location: d.begin}
	if err := x.run(d.common.program, 1<<64-1); err != nil {
		return row{}, err
	}
	x.initial = x.row
	err := x.run(d.program, pc)
	return x.row, err
}

// run carries out instructions until they tell of addresses after pc.
func (x *execution) run(program []byte, pc uint64) error {
	r := reader{data: program}
	for r.left() > 0 {
		if x.steps++; x.steps > mostInstructions {
			return errFrames
		}
		before := x.location
		code := r.u8()
		if !x.instruction(&r, code) || r.bad {
			return errFrames
		}
		if x.location < before {
			return errFrames
		}
		if x.location > pc {
			return nil
		}
	}
	return nil
}

// instruction carries out one instruction; false when it is not known or not allowed.
func (x *execution) instruction(r *reader, code uint8) bool {
	operand := int(code & primaryOperandMask)
	switch code & primaryOpcodeMask {
	case 0x40: // DW_CFA_advance_loc
		x.advance(uint64(operand))
		return true
	case 0x80: // DW_CFA_offset
		return x.set(operand, rule{kind: atOffset, offset: int64(r.unsigned()) * x.common.dataAlignment})
	case 0xc0: // DW_CFA_restore
		return x.restore(operand)
	}
	switch {
	case code <= 0x04:
		return x.move(r, code)
	case code == 0x0a || code == 0x0b:
		return x.rememberOrRestore(code == 0x0a)
	case code >= 0x0c && code <= 0x0f, code == 0x12, code == 0x13:
		return x.setFrame(r, code)
	case code == 0x2d: // DW_CFA_AARCH64_negate_ra_state: the code is masked out
		return linkRegister >= 0
	case code == 0x2e: // DW_CFA_GNU_args_size
		r.unsigned()
		return true
	}
	return x.setRegister(r, code)
}

func (x *execution) advance(by uint64) { x.location += by * x.common.codeAlignment }

// move carries out the instructions that go to a further address.
func (x *execution) move(r *reader, code uint8) bool {
	switch code {
	case 0x00: // DW_CFA_nop
	case 0x01: // DW_CFA_set_loc
		return false // compilers do not use it
	case 0x02:
		x.advance(uint64(r.u8()))
	case 0x03:
		x.advance(uint64(r.u16()))
	case 0x04:
		x.advance(uint64(r.u32()))
	}
	return true
}

// rememberOrRestore keeps the row, or makes the one kept last the row again.
func (x *execution) rememberOrRestore(remember bool) bool {
	if remember {
		x.remembered = append(x.remembered, x.row)
		return len(x.remembered) <= mostRemembered
	}
	last := len(x.remembered) - 1
	if last < 0 {
		return false
	}
	x.row, x.remembered = x.remembered[last], x.remembered[:last]
	return true
}

// setFrame carries out the instructions that define the frame's address.
func (x *execution) setFrame(r *reader, code uint8) bool {
	f := &x.row.frame
	switch code {
	case 0x0c: // DW_CFA_def_cfa
		*f = rule{kind: isOffset, register: r.register(), offset: int64(r.unsigned())}
	case 0x0d: // DW_CFA_def_cfa_register
		f.register = r.register()
	case 0x0e: // DW_CFA_def_cfa_offset
		f.offset = int64(r.unsigned())
	case 0x0f: // DW_CFA_def_cfa_expression
		*f = rule{kind: isExpression, expression: r.bytes(r.unsigned())}
	case 0x12: // DW_CFA_def_cfa_sf
		*f = rule{kind: isOffset, register: r.register(), offset: r.signed() * x.common.dataAlignment}
	case 0x13: // DW_CFA_def_cfa_offset_sf
		f.offset = r.signed() * x.common.dataAlignment
	}
	return true
}

// setRegister carries out the instructions that define the rule of a register.
func (x *execution) setRegister(r *reader, code uint8) bool {
	n := r.register()
	align := x.common.dataAlignment
	switch code {
	case 0x05: // DW_CFA_offset_extended
		return x.set(n, rule{kind: atOffset, offset: int64(r.unsigned()) * align})
	case 0x06: // DW_CFA_restore_extended
		return x.restore(n)
	case 0x07:
		return x.set(n, rule{kind: undefined})
	case 0x08:
		return x.set(n, rule{kind: same})
	case 0x09:
		return x.set(n, rule{kind: inRegister, register: r.register()})
	case 0x10: // DW_CFA_expression
		return x.set(n, rule{kind: atExpression, expression: r.bytes(r.unsigned())})
	case 0x11: // DW_CFA_offset_extended_sf
		return x.set(n, rule{kind: atOffset, offset: r.signed() * align})
	case 0x14: // DW_CFA_val_offset
		return x.set(n, rule{kind: isOffset, offset: int64(r.unsigned()) * align})
	case 0x15: // DW_CFA_val_offset_sf
		return x.set(n, rule{kind: isOffset, offset: r.signed() * align})
	case 0x16: // DW_CFA_val_expression
		return x.set(n, rule{kind: isExpression, expression: r.bytes(r.unsigned())})
	}
	return false
}

// set stores the rule of a register. Vector registers, which no address comes from, have none.
func (x *execution) set(register int, r rule) bool {
	if register < len(x.row.registers) {
		x.row.registers[register] = r
	}
	return true
}

func (x *execution) restore(register int) bool {
	if register < len(x.row.registers) {
		x.row.registers[register] = x.initial.registers[register]
	}
	return true
}

// register reads the number of a register.
func (r *reader) register() int { return int(min(r.unsigned(), 1<<16)) }
