package proc

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// clockTick is the unit of times in proc_pid_stat(5): USER_HZ is 100 on every
// architecture that Go supports.
const clockTick = 10 * time.Millisecond

var pageSize = uint64(os.Getpagesize())

// A Stat is the part of a stat file that forkproof uses, proc_pid_stat(5).
type Stat struct {
	// Name is a part of the text that was parsed, not a copy.
	Name  []byte
	State State
	// Parent, Group and Session are pids.
	Parent, Group, Session int
	// CPU is the user and system time of all threads, in steps of 10 ms.
	CPU     time.Duration
	Threads int
	// Start is the start time in clock ticks since boot. With the pid it
	// identifies a process for ever.
	Start    uint64
	RSSBytes uint64
}

// ParseStat parses the stat file of a process or thread. The name stands in
// brackets and may hold brackets and spaces itself, so its end is the last
// bracket. The error says that the text is no stat file.
func ParseStat(text []byte) (Stat, error) {
	from, to := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if from < 0 || to < from || to+3 >= len(text) {
		return Stat{}, fmt.Errorf("not a stat file: %q", text)
	}
	s := Stat{Name: text[from+1 : to], State: State(text[to+2])}
	f := fields(text[to+3:])
	s.Parent, s.Group, s.Session = f.int(), f.int(), f.int()
	f.skip(7) // tty_nr to cmajflt
	s.CPU = time.Duration(f.uint()+f.uint()) * clockTick
	f.skip(4) // cutime to nice
	s.Threads = int(f.uint())
	f.skip(1) // itrealvalue
	var found bool
	if s.Start, found = f.decimal(); !found {
		return Stat{}, fmt.Errorf("not a stat file: %q", text)
	}
	f.skip(1) // vsize
	s.RSSBytes = f.uint() * pageSize
	return s, nil
}
