package proc

import (
	"bytes"
	"fmt"
)

// A Status is the part of a status file that forkproof uses, proc_pid_status(5).
type Status struct {
	State State
	// Tracer (TracerPid) is the thread that traces this one; 0 when none does.
	Tracer int
	// Pending (SigPnd) and Blocked (SigBlk) are the thread's own sets.
	Pending, Blocked SignalSet
	// ProcessPending (ShdPnd), Ignored (SigIgn) and Caught (SigCgt) are the sets
	// that all threads of the process share.
	ProcessPending, Ignored, Caught SignalSet
	// Voluntary and Involuntary count the thread's context switches.
	Voluntary, Involuntary uint64
}

// statusLines is how many lines a Status is made of.
const statusLines = 9

// ParseStatus parses the status file of a process or thread in one pass. The
// error says which line holds no number, or that a line is missing.
func ParseStatus(text []byte) (Status, error) {
	var s Status
	found := 0
	for rest := text; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, []byte{'\n'})
		label, value, _ := bytes.Cut(line, []byte{':'})
		known, err := s.set(label, value)
		if err != nil {
			return Status{}, err
		}
		if known {
			found++
		}
	}
	if found != statusLines {
		return Status{}, fmt.Errorf("not a status file: %q", text)
	}
	return s, nil
}

// set stores the value of one line, if the line is part of a Status.
func (s *Status) set(label, value []byte) (known bool, err error) {
	f := fields(value)
	ok := false
	switch string(label) {
	case "State":
		word := f.next()
		if ok = len(word) > 0; ok {
			s.State = State(word[0])
		}
	case "TracerPid":
		var pid uint64
		pid, ok = f.decimal()
		s.Tracer = int(pid)
	case "SigPnd":
		ok = f.signals(&s.Pending)
	case "ShdPnd":
		ok = f.signals(&s.ProcessPending)
	case "SigBlk":
		ok = f.signals(&s.Blocked)
	case "SigIgn":
		ok = f.signals(&s.Ignored)
	case "SigCgt":
		ok = f.signals(&s.Caught)
	case "voluntary_ctxt_switches":
		s.Voluntary, ok = f.decimal()
	case "nonvoluntary_ctxt_switches":
		s.Involuntary, ok = f.decimal()
	default:
		return false, nil
	}
	if !ok {
		return true, fmt.Errorf("line %s of a status file: %q", label, value)
	}
	return true, nil
}

// signals reads the next word as a set.
func (f *fields) signals(set *SignalSet) bool {
	n, ok := f.hexadecimal()
	*set = SignalSet(n)
	return ok
}

// Line returns what follows a label, such as "Uid", and its colon in a status or
// fdinfo file, without the white space around it; false when there is no such
// line.
func Line(text []byte, label string) ([]byte, bool) {
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		if rest, found := bytes.CutPrefix(line, []byte(label)); found && len(rest) > 0 && rest[0] == ':' {
			return bytes.TrimSpace(rest[1:]), true
		}
	}
	return nil, false
}
