package clients

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
)

// blockSize is how many bytes of a random payload come from one key. A read
// in the middle of a block has to make its beginning as well.
const blockSize = 1 << 10

const (
	firstPrintable = ' '
	printables     = '~' - ' ' + 1
)

// Bytes is a payload of size random bytes of all 256 values. The same seed
// and size give the same bytes for ever.
func Bytes(seed uint64, size int64) Payload {
	return Payload{
		size: max(size, 0),
		fill: func(p []byte, offset int64) { randomBytes(p, offset, seed) },
	}
}

// Printable is a payload of size bytes: random printable ASCII (0x20 to
// 0x7e), and a newline as its last byte and nowhere else, so that a server
// that works by lines can serve it. The same seed and size give the same
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
			randomBytes(p, offset, seed)
			for i, b := range p {
				p[i] = firstPrintable + b%printables
			}
			for i := width - 1 - offset%width; i < int64(len(p)); i += width {
				p[i] = '\n'
			}
		},
	}
}

// randomBytes fills p with the stream of a seed from an offset on. Each block
// is ChaCha8 under a key made of the seed and the block's number.
func randomBytes(p []byte, offset int64, seed uint64) {
	g := generators.Get().(*generator)
	defer generators.Put(g)
	for len(p) > 0 {
		block, within := offset/blockSize, int(offset%blockSize)
		g.source.Seed(blockKey(seed, block))
		g.read(g.skipped[:within])
		n := min(len(p), blockSize-within)
		g.read(p[:n])
		p, offset = p[n:], offset+int64(n)
	}
}

// A generator makes random bytes; it is kept for reuse.
type generator struct {
	source  rand.ChaCha8
	skipped [blockSize]byte
}

var generators = sync.Pool{New: func() any { return new(generator) }}

func (g *generator) read(p []byte) {
	if _, err := g.source.Read(p); err != nil {
		panic(fmt.Sprintf("ChaCha8.Read: %v, though it is documented never to fail", err))
	}
}

func blockKey(seed uint64, block int64) (key [32]byte) {
	copy(key[:16], "forkproof stream")
	binary.LittleEndian.PutUint64(key[16:], seed)
	binary.LittleEndian.PutUint64(key[24:], uint64(block))
	return key
}
