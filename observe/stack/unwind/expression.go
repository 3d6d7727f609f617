package unwind

// mostOnStack bounds the stack of an expression.
const mostOnStack = 64

// evaluate computes an expression (DWARF 5, section 2.5), as far as compilers use them
// in unwind information: for the frame of a signal handler, and for procedure linkage
// tables. The expression begins with the given values on its stack.
func (t state) evaluate(expression []byte, values ...uint64) (uint64, error) {
	s := append(make([]uint64, 0, mostOnStack), values...)
	r := reader{data: expression}
	for r.left() > 0 {
		code := r.u8()
		value, isValue, err := t.operand(&r, code)
		switch {
		case err != nil:
			return 0, err
		case isValue:
			s = append(s, value)
		case code == 0x96: // DW_OP_nop
		case !unary(t, &r, code, s) && !combine(code, &s):
			return 0, errUnknown
		}
		if r.bad || len(s) > mostOnStack {
			return 0, errFrames
		}
	}
	if len(s) == 0 {
		return 0, errFrames
	}
	return s[len(s)-1], nil
}

// operand returns what an operation pushes, if that is all it does.
func (t state) operand(r *reader, code uint8) (value uint64, isValue bool, err error) {
	switch {
	case code >= 0x30 && code <= 0x4f: // DW_OP_lit0 and so on
		return uint64(code - 0x30), true, nil
	case code >= 0x70 && code <= 0x8f: // DW_OP_breg0 and so on
		return t.sum(int(code-0x70), r.signed())
	}
	switch code {
	case 0x0e, 0x0f: // DW_OP_const8u, const8s
		return r.u64(), true, nil
	case 0x08:
		return uint64(r.u8()), true, nil
	case 0x09:
		return uint64(int8(r.u8())), true, nil
	case 0x0a:
		return uint64(r.u16()), true, nil
	case 0x0b:
		return uint64(int16(r.u16())), true, nil
	case 0x0c:
		return uint64(r.u32()), true, nil
	case 0x0d:
		return uint64(int32(r.u32())), true, nil
	case 0x10: // DW_OP_constu
		return r.unsigned(), true, nil
	case 0x11: // DW_OP_consts
		return uint64(r.signed()), true, nil
	case 0x92: // DW_OP_bregx
		n := r.register()
		return t.sum(n, r.signed())
	}
	return 0, false, nil
}

// sum returns a register plus an offset. The program counter has the number of the
// return address.
func (t state) sum(register int, offset int64) (uint64, bool, error) {
	if register == 16 && linkRegister < 0 {
		return t.pc + uint64(offset), true, nil
	}
	base, err := t.register(register)
	return base + uint64(offset), true, err
}

// unary replaces the last value on the stack; false when it cannot.
func unary(t state, r *reader, code uint8, s []uint64) bool {
	if len(s) == 0 {
		return false
	}
	last := &s[len(s)-1]
	switch code {
	case 0x06: // DW_OP_deref
		word, err := t.word(*last)
		*last = word
		return err == nil
	case 0x1f: // DW_OP_neg
		*last = -*last
	case 0x20: // DW_OP_not
		*last = ^*last
	case 0x23: // DW_OP_plus_uconst
		*last += r.unsigned()
	default:
		return false
	}
	return true
}

// combine replaces the last two values on the stack by one; false when it cannot.
func combine(code uint8, s *[]uint64) bool {
	n := len(*s)
	if n < 2 {
		return false
	}
	a, b := (*s)[n-2], (*s)[n-1]
	switch code {
	case 0x1a: // DW_OP_and
		a &= b
	case 0x1c: // DW_OP_minus
		a -= b
	case 0x1e: // DW_OP_mul
		a *= b
	case 0x21: // DW_OP_or
		a |= b
	case 0x22: // DW_OP_plus
		a += b
	case 0x24: // DW_OP_shl
		a <<= b
	case 0x25: // DW_OP_shr
		a >>= b
	case 0x27: // DW_OP_xor
		a ^= b
	case 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e: // DW_OP_eq, ge, gt, le, lt, ne
		a = compared(code, int64(a), int64(b))
	default:
		return false
	}
	(*s)[n-2] = a
	*s = (*s)[:n-1]
	return true
}

// compared returns 1 when a comparison holds, and 0 when not.
func compared(code uint8, a, b int64) uint64 {
	holds := [...]bool{a == b, a >= b, a > b, a <= b, a < b, a != b}[code-0x29]
	if holds {
		return 1
	}
	return 0
}
