package observe

import (
	"bytes"
	"strconv"

	"github.com/forkproof/forkproof/internal/proc"
)

// timed says whether a timerfd is armed, or a signalfd is for a signal that
// timers send, by proc_pid_fdinfo(5).
func (r *procReader) timed(dir *procDir, fd int) bool {
	r.setNumberPath("fdinfo/", fd, "")
	text, err := r.read(dir)
	if err != nil {
		return false // closed meanwhile
	}
	return timerArmed(text) || takesAlarm(text)
}

// timerArmed says whether the line "it_value: (seconds, nanoseconds)" is there
// and not zero, timerfd_create(2).
func timerArmed(fdinfo []byte) bool {
	value, found := line(fdinfo, "it_value:")
	return found && bytes.ContainsAny(value, "123456789")
}

// takesAlarm says whether the line "sigmask:" has a signal that timers send.
func takesAlarm(fdinfo []byte) bool {
	mask, found := line(fdinfo, "sigmask:")
	if !found {
		return false
	}
	set, err := strconv.ParseUint(string(bytes.TrimSpace(mask)), 16, 64)
	return err == nil && SignalSet(set)&proc.TimerSignals != 0
}

// line gives what follows a label at the start of a line.
func line(text []byte, label string) ([]byte, bool) {
	for len(text) > 0 {
		var one []byte
		one, text, _ = bytes.Cut(text, []byte{'\n'})
		if rest, found := bytes.CutPrefix(one, []byte(label)); found {
			return rest, true
		}
	}
	return nil, false
}
