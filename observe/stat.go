package observe

import (
	"bytes"
	"fmt"
	"os"
	"time"
)

// clockTick is the unit of times in proc_pid_stat(5): USER_HZ is 100 on every
// architecture that Go knows.
const clockTick = 10 * time.Millisecond

var pageSize = uint64(os.Getpagesize())

// A stat is what this package takes from proc_pid_stat(5).
type stat struct {
	name                   []byte
	state                  State
	parent, group, session int
	cpu                    time.Duration
	threads                int
	start                  uint64
	rssBytes               uint64
	// heir is a live thread when the first one has exited, else 0. Without
	// privilege the files of a process are then read through it.
	heir int
}

// parseStat reads the line of a stat file. The name stands in brackets and may
// itself hold brackets and spaces, so its end is the last bracket.
func parseStat(line []byte) (stat, error) {
	from, to := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if from < 0 || to < from || to+3 >= len(line) {
		return stat{}, fmt.Errorf("stat file of an unknown form: %q", line)
	}
	s := stat{name: line[from+1 : to], state: State(line[to+2])}
	f := fields(line[to+3:])
	s.parent, s.group, s.session = f.int(), f.int(), f.int()
	f.skip(7) // tty_nr to cmajflt
	s.cpu = time.Duration(f.uint()+f.uint()) * clockTick
	f.skip(4) // cutime to nice
	s.threads = int(f.uint())
	f.skip(1) // itrealvalue
	s.start = f.uint()
	f.skip(1) // vsize
	s.rssBytes = f.uint() * pageSize
	return s, nil
}

// stat reads the stat file of the process whose directory is open. The name is
// valid until the next call of r.
func (r *procReader) stat(dir *procDir) (stat, error) {
	r.setPath("stat")
	line, err := r.read(dir)
	if err != nil {
		return stat{}, err
	}
	s, err := parseStat(line)
	if err == nil && s.state == ZombieTask && s.threads > 1 {
		s.name = bytes.Clone(s.name)
		s.state, s.heir = r.busiestThread(dir)
	}
	return s, err
}

// busiestThread gives the state and the TID of the busiest thread of a process
// whose first thread has exited; zombie and 0 if no other is left.
func (r *procReader) busiestThread(dir *procDir) (State, int) {
	busiest, which := ZombieTask, 0
	r.setPath("task")
	tids, err := r.numbers(dir)
	if err != nil {
		return busiest, which
	}
	for _, tid := range tids {
		r.setNumberPath("task/", tid, "/stat")
		line, err := r.read(dir)
		if err != nil {
			continue
		}
		if s, err := parseStat(line); err == nil && busier(s.state, busiest) {
			busiest, which = s.state, tid
		}
	}
	return busiest, which
}

func busier(a, b State) bool {
	return bytes.IndexByte(byBusyness, byte(a)) < bytes.IndexByte(byBusyness, byte(b))
}

var byBusyness = []byte{byte(Running), byte(DiskSleep), byte(Sleeping), byte(Idle),
	byte(TraceStop), byte(Stopped), byte(ZombieTask)}

// ReadState gives the state of one process, by proc_pid_stat(5). It is cheap.
// When the process is gone the error is ENOENT or ESRCH. A process whose first
// thread exited while others live on is not a zombie.
func ReadState(pid int) (State, error) {
	r := procReader{root: "/proc", data: make([]byte, 1<<10)}
	dir, s, err := r.enter(pid)
	if err != nil {
		return 0, fmt.Errorf("read the state of process %d: %w", pid, err)
	}
	r.leave(dir)
	return s.state, nil
}
