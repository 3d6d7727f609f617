package stack

import (
	"errors"
	"os"
	"sync"
)

const (
	mostSamples = 512
	mostFiles   = 64
)

// errFull says that a collection takes no more.
var errFull = errors.New("enough samples are taken")

// A Collection holds samples, and handles of the files that their code is of. Several
// goroutines may use it at once. The zero value is empty.
type Collection struct {
	mu      sync.Mutex
	samples []Sample
	files   []*os.File
	known   map[identity]int
}

// Samples returns the samples in the order in which they were taken.
func (c *Collection) Samples() []Sample {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.samples
}

// Files returns the handles of the files (O_PATH), which Mapping.File counts. They are
// open until Close.
func (c *Collection) Files() []*os.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.files
}

// Close closes the files and forgets the samples.
func (c *Collection) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.files {
		_ = f.Close()
	}
	c.samples, c.files, c.known = nil, nil, nil
}

// add returns the place of a sample.
func (c *Collection) add(s Sample) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.samples) == mostSamples {
		return 0, errFull
	}
	c.samples = append(c.samples, s)
	return len(c.samples) - 1, nil
}

// place returns the place of a file among those of the collection, which takes it or
// closes it; -1 when it is no regular file, or one too many.
func (c *Collection) place(f *os.File, err error) int {
	if err != nil {
		return -1
	}
	id, err := identify(f)
	c.mu.Lock()
	defer c.mu.Unlock()
	at, found := c.known[id]
	switch {
	case err == nil && found:
	case err == nil && len(c.files) < mostFiles:
		if c.known == nil {
			c.known = map[identity]int{}
		}
		at = len(c.files)
		c.known[id] = at
		c.files = append(c.files, f)
		return at
	default:
		at = -1
	}
	_ = f.Close()
	return at
}
