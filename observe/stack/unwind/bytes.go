package unwind

import "encoding/binary"

// A reader reads numbers from bytes. After the first that is not there, bad is true
// and all further ones are 0.
type reader struct {
	data []byte
	at   int
	bad  bool
}

func (r *reader) left() int { return len(r.data) - r.at }

// bytes returns the next n bytes.
func (r *reader) bytes(n uint64) []byte {
	if r.bad || n > uint64(r.left()) {
		r.bad = true
		return nil
	}
	b := r.data[r.at : r.at+int(n)]
	r.at += int(n)
	return b
}

func (r *reader) u8() uint8 {
	if b := r.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) u16() uint16 {
	if b := r.bytes(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (r *reader) u32() uint32 {
	if b := r.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) u64() uint64 {
	if b := r.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// unsigned reads an unsigned LEB128 number.
func (r *reader) unsigned() uint64 {
	n := uint64(0)
	for shift := 0; ; shift += 7 {
		b := r.u8()
		if shift < 64 {
			n |= uint64(b&0x7f) << shift
		}
		if b&0x80 == 0 {
			return n
		}
	}
}

// signed reads a signed LEB128 number.
func (r *reader) signed() int64 {
	n := int64(0)
	for shift := 0; ; shift += 7 {
		b := r.u8()
		if shift < 64 {
			n |= int64(b&0x7f) << shift
		}
		if b&0x80 == 0 {
			if shift += 7; b&0x40 != 0 && shift < 64 {
				n |= -1 << shift
			}
			return n
		}
	}
}

// text reads a string that a NUL ends.
func (r *reader) text() string {
	from := r.at
	for r.u8() != 0 {
	}
	if r.bad {
		return ""
	}
	return string(r.data[from : r.at-1])
}
