package unwind

import (
	"errors"
	"strings"
)

// A common is a common information entry: what several functions share.
type common struct {
	encoding      uint8 // of addresses
	sized         bool  // there is augmentation data
	signal        bool  // it is where a signal handler returns to
	codeAlignment uint64
	dataAlignment int64
	returnAddress int // the register, or the column of a table
	program       []byte
}

// A description is a frame description entry: how to unwind a range of code.
type description struct {
	common     *common
	begin, end uint64
	program    []byte
}

var errFrames = errors.New("unwind information is broken")

// A section is .eh_frame with its address.
type section struct {
	data    []byte
	address uint64
}

// mostDescriptions bounds what is kept of a section.
const mostDescriptions = 1 << 20

// descriptions returns those of a section, up to the first that cannot be read.
func (s section) descriptions() []description {
	var list []description
	commons := map[uint64]*common{} // by place; nil for what cannot be used
	for at := uint64(0); len(list) < mostDescriptions; {
		r := reader{data: s.data, at: int(at)}
		length := uint64(r.u32())
		if length == 1<<32-1 {
			length = r.u64()
		}
		body := uint64(r.at)
		record := r.bytes(length)
		if r.bad || length < 4 {
			return list
		}
		at = body + length
		id := uint64((&reader{data: record}).u32())
		if id == 0 {
			continue // its descriptions ask for it
		}
		c, seen := commons[body-id]
		if !seen {
			c = s.common(body, id)
			commons[body-id] = c
		}
		if c == nil {
			continue
		}
		if d, err := s.description(c, record, body); err == nil {
			list = append(list, d)
		}
	}
	return list
}

// common reads the entry that is back bytes before a place; nil when it cannot be used.
func (s section) common(place, back uint64) *common {
	if back > place {
		return nil
	}
	r := reader{data: s.data, at: int(place - back)}
	length := uint64(r.u32())
	if length == 1<<32-1 {
		length = r.u64()
	}
	r = reader{data: r.bytes(length)}
	if r.u32() != 0 {
		return nil
	}
	c := &common{encoding: encodedAbsolute}
	version := r.u8()
	augmentation := r.text()
	if version == 4 {
		r.bytes(2) // sizes of an address and of a segment
	}
	c.codeAlignment, c.dataAlignment = r.unsigned(), r.signed()
	if version == 1 {
		c.returnAddress = int(r.u8())
	} else {
		c.returnAddress = int(r.unsigned() & 0xff)
	}
	if !c.augment(&r, augmentation) || r.bad || version != 1 && version != 3 && version != 4 {
		return nil
	}
	c.program = r.data[r.at:]
	return c
}

// augment reads the augmentation data; false when it has a meaning that is not known.
func (c *common) augment(r *reader, augmentation string) bool {
	letters, sized := strings.CutPrefix(augmentation, "z")
	c.sized = sized
	if !sized {
		return letters == ""
	}
	data := reader{data: r.bytes(r.unsigned())}
	for _, letter := range letters {
		switch letter {
		case 'R':
			c.encoding = data.u8()
		case 'P':
			data.encoded(data.u8(), 0)
		case 'L':
			data.u8()
		case 'S':
			c.signal = true
		case 'B': // return addresses are signed with the other key (arm64)
		default:
			return false
		}
	}
	return !data.bad
}

// description reads one entry, which begins at a place of the section.
func (s section) description(c *common, record []byte, place uint64) (d description, err error) {
	r := reader{data: record}
	r.u32()
	d.common = c
	d.begin = r.encoded(c.encoding, s.address+place+uint64(r.at))
	d.end = d.begin + r.encoded(c.encoding&0x0f, 0)
	if c.sized {
		r.bytes(r.unsigned())
	}
	if r.bad || d.end < d.begin {
		return d, errFrames
	}
	d.program = record[r.at:]
	return d, nil
}

// How addresses are encoded (Linux Standard Base, Core, section 10.5.1).
const (
	encodedAbsolute = 0x00
	encodedRelative = 0x10 // to the place of the address itself
)

// encoded reads an address that stands at a place. What is relative to anything else
// than its place cannot be read.
func (r *reader) encoded(encoding uint8, place uint64) uint64 {
	var n uint64
	switch encoding & 0x0f {
	case 0x00, 0x04, 0x0c:
		n = r.u64()
	case 0x01:
		n = r.unsigned()
	case 0x02:
		n = uint64(r.u16())
	case 0x03:
		n = uint64(r.u32())
	case 0x09:
		n = uint64(r.signed())
	case 0x0a:
		n = uint64(int16(r.u16()))
	case 0x0b:
		n = uint64(int32(r.u32()))
	default:
		r.bad = true
	}
	switch encoding & 0x70 {
	case encodedAbsolute:
	case encodedRelative:
		n += place
	default:
		r.bad = true
	}
	return n
}
