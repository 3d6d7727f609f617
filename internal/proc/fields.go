package proc

import (
	"bytes"
	"strconv"
)

// fields reads words that are separated by white space. It allocates nothing.
type fields []byte

// next returns the next word, empty at the end.
func (f *fields) next() []byte {
	b := *f
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	end := 0
	for end < len(b) && !isSpace(b[end]) {
		end++
	}
	*f = b[end:]
	return b[:end]
}

// skip drops n words.
func (f *fields) skip(n int) {
	for range n {
		f.next()
	}
}

// decimal returns the next word as an unsigned number; false when it is none.
func (f *fields) decimal() (uint64, bool) {
	word := f.next()
	n := uint64(0)
	for _, c := range word {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, len(word) > 0
}

// uint returns the next word as an unsigned number; 0 when it is none.
func (f *fields) uint() uint64 {
	n, _ := f.decimal()
	return n
}

// int returns the next word as a number that may be negative; 0 when it is none.
func (f *fields) int() int {
	n, err := strconv.ParseInt(string(f.next()), 10, 64)
	if err != nil {
		return 0
	}
	return int(n)
}

// hexadecimal returns the next word as a hexadecimal number, with or without
// 0x; false when it is none.
func (f *fields) hexadecimal() (uint64, bool) {
	word := bytes.TrimPrefix(f.next(), []byte("0x"))
	n := uint64(0)
	for _, c := range word {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return n, len(word) > 0
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' }
