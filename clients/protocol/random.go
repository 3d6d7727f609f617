package protocol

import (
	"encoding/binary"
	"math/rand/v2"
)

// blockSize is how many bytes of a random payload come from one seeding of the
// generator. A read in the middle of a block also generates its beginning.
const blockSize = 1 << 10

const wordSize = 8

// Printable characters are made eight at a time: six random bits in each byte,
// added to the first of 64 characters, '>' to '}'. No byte carries into the next.
const (
	sixBits        = 0x3f3f3f3f3f3f3f3f
	firstPrintable = 0x3e3e3e3e3e3e3e3e
)

func printable(word uint64) uint64 { return word&sixBits + firstPrintable }

// Printable returns a payload of size bytes: random printable ASCII (letters and
// some marks) with a newline as its last byte and nowhere else, so that a server
// that works by lines can serve it. The same seed and size return the same bytes
// for ever.
func Printable(seed uint64, size int64) Payload { return Lines(seed, 1, size) }

// Lines returns a payload of n lines of random printable ASCII, each width bytes
// long with its newline. A width below 1 returns an empty payload. The same
// arguments return the same bytes for ever.
func Lines(seed uint64, n int, width int64) Payload {
	if n < 1 || width < 1 {
		return Payload{}
	}
	return Payload{
		size: int64(n) * width,
		fill: func(p []byte, offset int64) {
			randomBytes(p, offset, seed)
			for i := width - 1 - offset%width; i < int64(len(p)); i += width {
				p[i] = '\n'
			}
		},
	}
}

// randomBytes fills p with the stream of a seed from an offset on. Each block
// comes from a generator that is seeded with the block's number, word by word.
func randomBytes(p []byte, offset int64, seed uint64) {
	for len(p) > 0 {
		block, within := offset/blockSize, int(offset%blockSize)
		n := min(len(p), blockSize-within)
		randomBlock(p[:n], within, rand.NewPCG(seed, uint64(block)))
		p, offset = p[n:], offset+int64(n)
	}
}

// randomBlock fills p with the bytes of one block from within on.
func randomBlock(p []byte, within int, source *rand.PCG) {
	for range within / wordSize {
		source.Uint64()
	}
	var word [wordSize]byte
	if skip := within % wordSize; skip > 0 {
		binary.LittleEndian.PutUint64(word[:], printable(source.Uint64()))
		p = p[copy(p, word[skip:]):]
	}
	for ; len(p) >= wordSize; p = p[wordSize:] {
		binary.LittleEndian.PutUint64(p, printable(source.Uint64()))
	}
	if len(p) > 0 {
		binary.LittleEndian.PutUint64(word[:], printable(source.Uint64()))
		copy(p, word[:])
	}
}
