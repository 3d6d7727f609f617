package observe

import "bytes"

// A status is what this package takes from proc_pid_status(5).
type status struct {
	state             State
	pending, blocked  SignalSet
	shared            Signals
	voluntary, forced uint64 // context switches
}

// parseStatus reads a status file in one pass. Lines that this package does
// not know are passed over.
func parseStatus(text []byte) status {
	var s status
	for len(text) > 0 {
		var one []byte
		one, text, _ = bytes.Cut(text, []byte{'\n'})
		label, value, found := bytes.Cut(one, []byte{':'})
		if !found {
			continue
		}
		f := fields(value)
		switch string(label) {
		case "State":
			if word := f.next(); len(word) > 0 {
				s.state = State(word[0])
			}
		case "SigPnd":
			s.pending = SignalSet(f.hex())
		case "ShdPnd":
			s.shared.Pending = SignalSet(f.hex())
		case "SigBlk":
			s.blocked = SignalSet(f.hex())
		case "SigIgn":
			s.shared.Ignored = SignalSet(f.hex())
		case "SigCgt":
			s.shared.Caught = SignalSet(f.hex())
		case "voluntary_ctxt_switches":
			s.voluntary = f.uint()
		case "nonvoluntary_ctxt_switches":
			s.forced = f.uint()
		}
	}
	return s
}

// hex gives the next word as a hexadecimal number, with or without 0x; 0 when
// it is none.
func (f *fields) hex() uint64 {
	word := f.next()
	word = bytes.TrimPrefix(word, []byte("0x"))
	n := uint64(0)
	for _, c := range word {
		switch {
		case c >= '0' && c <= '9':
			n = n<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			n = n<<4 | uint64(c-'a'+10)
		default:
			return 0
		}
	}
	return n
}
