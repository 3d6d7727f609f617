package observe

import (
	"bytes"
	"fmt"

	"github.com/forkproof/forkproof/internal/proc"
)

// A stat is the stat file of a process.
type stat struct {
	proc.Stat
	// heir is a live thread when the first one has exited, else 0. Without
	// privilege the files of a process are then read through it.
	heir int
}

// stat reads the stat file of the process whose directory is open. The name is
// valid until the next call of r.
func (r *procReader) stat(dir *procDir) (stat, error) {
	r.setPath("stat")
	line, err := r.read(dir)
	if err != nil {
		return stat{}, err
	}
	var s stat
	if s.Stat, err = proc.ParseStat(line); err == nil && s.State == Zombie && s.Threads > 1 {
		s.Name = bytes.Clone(s.Name)
		s.State, s.heir = r.busiestThread(dir)
	}
	return s, err
}

// busiestThread gives the state and the TID of the busiest thread of a process
// whose first thread has exited; zombie and 0 if no other is left.
func (r *procReader) busiestThread(dir *procDir) (State, int) {
	busiest, which := Zombie, 0
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
		if s, err := proc.ParseStat(line); err == nil && busier(s.State, busiest) {
			busiest, which = s.State, tid
		}
	}
	return busiest, which
}

func busier(a, b State) bool {
	return bytes.IndexByte(byBusyness, byte(a)) < bytes.IndexByte(byBusyness, byte(b))
}

var byBusyness = []byte{byte(Running), byte(DiskSleep), byte(Sleeping), byte(Idle),
	byte(TraceStop), byte(Stopped), byte(Zombie)}

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
	return s.State, nil
}
