package clients

import (
	"encoding/binary"
	"math/rand/v2"
)

// blockSize is how many bytes of a random payload come from one seeding of the
// generator. A read in the middle of a block has to make its beginning as well.
const blockSize = 1 << 10

const wordSize = 8

// Printable characters are made eight at a time: six random bits in each byte,
// added to the first of 64 characters, '>' to '}'. No byte carries into the next.
const (
	sixBits        = 0x3f3f3f3f3f3f3f3f
	firstPrintable = 0x3e3e3e3e3e3e3e3e
)

// A form says what becomes of eight random bytes: those bits are kept, and the
// first character is added.
type form struct{ bits, first uint64 }

var (
	anyBytes  = form{bits: ^uint64(0)}
	printable = form{sixBits, firstPrintable}
)

func (f form) of(word uint64) uint64 { return word&f.bits + f.first }

// Bytes is a payload of size random bytes of all 256 values. The same seed
// and size give the same bytes for ever.
func Bytes(seed uint64, size int64) Payload {
	return Payload{
		size: max(size, 0),
		fill: func(p []byte, offset int64) { randomBytes(p, offset, seed, anyBytes) },
	}
}

// Printable is a payload of size bytes: random printable ASCII (letters and
// some marks), and a newline as its last byte and nowhere else, so that a
// server that works by lines can serve it. The same seed and size give the same
// bytes for ever.
func Printable(seed uint64, size int64) Payload { return Lines(seed, 1, size) }

// Lines is a payload of n lines, each width bytes long with its newline, of
// random printable ASCII. A width below 1 gives an empty payload. The same
// arguments give the same bytes for ever.
func Lines(seed uint64, n int, width int64) Payload {
	if n < 1 || width < 1 {
		return Payload{}
	}
	return Payload{
		size: int64(n) * width,
		fill: func(p []byte, offset int64) {
			randomBytes(p, offset, seed, printable)
			for i := width - 1 - offset%width; i < int64(len(p)); i += width {
				p[i] = '\n'
			}
		},
	}
}

// randomBytes fills p with the stream of a seed from an offset on. Each block
// comes from a generator that is seeded with the block's number, word by word.
func randomBytes(p []byte, offset int64, seed uint64, form form) {
	for len(p) > 0 {
		block, within := offset/blockSize, int(offset%blockSize)
		n := min(len(p), blockSize-within)
		randomBlock(p[:n], within, rand.NewPCG(seed, uint64(block)), form)
		p, offset = p[n:], offset+int64(n)
	}
}

// randomBlock fills p with the bytes of one block from within on.
func randomBlock(p []byte, within int, source *rand.PCG, form form) {
	for range within / wordSize {
		source.Uint64()
	}
	var word [wordSize]byte
	if skip := within % wordSize; skip > 0 {
		binary.LittleEndian.PutUint64(word[:], form.of(source.Uint64()))
		p = p[copy(p, word[skip:]):]
	}
	for ; len(p) >= wordSize; p = p[wordSize:] {
		binary.LittleEndian.PutUint64(p, form.of(source.Uint64()))
	}
	if len(p) > 0 {
		binary.LittleEndian.PutUint64(word[:], form.of(source.Uint64()))
		copy(p, word[:])
	}
}
