package trace

// A cut shortens one transfer: it makes an argument smaller, and for calls
// that take several buffers the length of one of them, and puts both back at
// the exit of the call. The program's registers and memory are as before then.
type cut struct {
	wanted uint64 // bytes
	// argument is a register; none when there is no register to change.
	argument    int
	before, now uint64
	words       []word
}

// A word is one number in the memory of the program.
type word struct{ addr, before, now uint64 }

// Offsets in struct iovec and struct msghdr of 64-bit programs, and the most
// buffers that one call takes, readv(2).
const (
	iovecSize        = 16
	iovecLength      = 8
	messageVector    = 16
	messageVectorLen = 24
	mostBuffers      = 1024
)

// measure plans the cut of a call to limit bytes. It is nil when the call
// wants no more than that, or takes its length in a way that is not known.
func measure(tid int, s size, info *syscallInfo, limit uint64) *cut {
	switch s.kind {
	case plain:
		wanted := info.arg(s.arg)
		if wanted <= limit {
			return nil
		}
		return &cut{wanted: wanted, argument: s.arg, before: wanted, now: limit}
	case vector:
		count := info.arg(s.arg + 1)
		c, keep := measureVector(tid, info.arg(s.arg), count, limit)
		if c != nil {
			c.argument, c.before, c.now = s.arg+1, count, keep
		}
		return c
	case message:
		header := info.arg(s.arg)
		base, err := readWord(tid, header+messageVector)
		if err != nil {
			return nil // the kernel will refuse it, too
		}
		count, err := readWord(tid, header+messageVectorLen)
		if err != nil {
			return nil
		}
		c, keep := measureVector(tid, base, count, limit)
		if c != nil {
			c.words = append(c.words, word{header + messageVectorLen, count, keep})
		}
		return c
	}
	return nil
}

// measureVector finds the buffer in which the limit is reached. keep is how
// many buffers are left with it.
func measureVector(tid int, base, count, limit uint64) (c *cut, keep uint64) {
	if count > mostBuffers {
		return nil, 0
	}
	c = &cut{argument: none}
	for i := range count {
		at := base + i*iovecSize + iovecLength
		length, err := readWord(tid, at)
		if err != nil {
			return nil, 0 // the kernel will refuse it, too
		}
		if c.wanted <= limit && c.wanted+length > limit {
			c.words = []word{{at, length, limit - c.wanted}}
			keep = i + 1
		}
		c.wanted += length
	}
	if c.wanted <= limit {
		return nil, 0
	}
	return c, keep
}

// apply shortens; the thread is at the entry of the call.
func (c *cut) apply(tid int) error {
	for _, w := range c.words {
		if err := writeWord(tid, w.addr, w.now); err != nil {
			return err
		}
	}
	if c.argument == none {
		return nil
	}
	return setArgument(tid, c.argument, c.now)
}

// undo puts back what apply changed; the thread is at the exit of the call. It
// matters also for a call that is begun anew after a signal.
func (c *cut) undo(tid int) error {
	for _, w := range c.words {
		if err := writeWord(tid, w.addr, w.before); err != nil {
			return err
		}
	}
	if c.argument == none {
		return nil
	}
	return setArgument(tid, c.argument, c.before)
}
