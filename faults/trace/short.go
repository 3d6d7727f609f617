package trace

// A shortTransfer shortens one transfer: it makes an argument smaller, and for
// calls with several buffers the length of one of them, and restores both at the
// exit of the call. The program's registers and memory are as before then.
type shortTransfer struct {
	requested uint64 // bytes
	// argument is a register; none when no register is changed.
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
	maxBuffers       = 1024
)

// planShort plans how a call transfers limit bytes. It returns nil when the call
// asks for no more than that, or takes its length in a way that is not known.
func planShort(tid int, l length, info *syscallInfo, limit uint64) *shortTransfer {
	switch l.kind {
	case plain:
		requested := info.arg(l.arg)
		if requested <= limit {
			return nil
		}
		return &shortTransfer{requested: requested, argument: l.arg, before: requested, now: limit}
	case vector:
		count := info.arg(l.arg + 1)
		s, keep := planVector(tid, info.arg(l.arg), count, limit)
		if s != nil {
			s.argument, s.before, s.now = l.arg+1, count, keep
		}
		return s
	case message:
		header := info.arg(l.arg)
		base, err := readWord(tid, header+messageVector)
		if err != nil {
			return nil // the kernel will refuse it, too
		}
		count, err := readWord(tid, header+messageVectorLen)
		if err != nil {
			return nil
		}
		s, keep := planVector(tid, base, count, limit)
		if s != nil {
			s.words = append(s.words, word{header + messageVectorLen, count, keep})
		}
		return s
	}
	return nil
}

// planVector finds the buffer in which the limit is reached. keep is how many
// buffers remain with it.
func planVector(tid int, base, count, limit uint64) (s *shortTransfer, keep uint64) {
	if count > maxBuffers {
		return nil, 0
	}
	s = &shortTransfer{argument: none}
	for i := range count {
		at := base + i*iovecSize + iovecLength
		length, err := readWord(tid, at)
		if err != nil {
			return nil, 0 // the kernel will refuse it, too
		}
		if s.requested <= limit && s.requested+length > limit {
			s.words = []word{{at, length, limit - s.requested}}
			keep = i + 1
		}
		s.requested += length
	}
	if s.requested <= limit {
		return nil, 0
	}
	return s, keep
}

// apply shortens; the thread is at the entry of the call.
func (s *shortTransfer) apply(tid int) error {
	for _, w := range s.words {
		if err := writeWord(tid, w.addr, w.now); err != nil {
			return err
		}
	}
	if s.argument == none {
		return nil
	}
	return setArgument(tid, s.argument, s.now)
}

// undo restores what apply changed; the thread is at the exit of the call. It also
// matters for a call that the kernel restarts after a signal.
func (s *shortTransfer) undo(tid int) error {
	for _, w := range s.words {
		if err := writeWord(tid, w.addr, w.before); err != nil {
			return err
		}
	}
	if s.argument == none {
		return nil
	}
	return setArgument(tid, s.argument, s.before)
}
