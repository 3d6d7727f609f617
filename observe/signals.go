package observe

import (
	"fmt"
	"math/bits"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// A SignalSet is a set of signals as proc_pid_status(5) shows it: bit n-1 is
// signal n.
type SignalSet uint64

func setOf(signals ...syscall.Signal) SignalSet {
	var s SignalSet
	for _, sig := range signals {
		s |= 1 << (sig - 1)
	}
	return s
}

// Has says whether a signal is in the set.
func (s SignalSet) Has(sig syscall.Signal) bool {
	return sig >= 1 && sig <= 64 && s&(1<<(sig-1)) != 0
}

// Signals lists the set in the order of the numbers.
func (s SignalSet) Signals() []syscall.Signal {
	list := make([]syscall.Signal, 0, bits.OnesCount64(uint64(s)))
	for ; s != 0; s &= s - 1 {
		list = append(list, syscall.Signal(bits.TrailingZeros64(uint64(s))+1))
	}
	return list
}

// String lists the names, as in "SIGCHLD, SIGTERM"; "none" for the empty set.
func (s SignalSet) String() string {
	if s == 0 {
		return "none"
	}
	var names []string
	for _, sig := range s.Signals() {
		name := unix.SignalName(sig)
		if name == "" {
			name = fmt.Sprintf("signal %d", int(sig)) // a real-time signal
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// Disposition says what a process does with a signal: "caught", "ignored" or
// "default", signal(7). The process must have been looked at with Tasks.
func Disposition(p Process, sig syscall.Signal) string {
	switch {
	case p.Signals.Caught.Has(sig):
		return "caught"
	case p.Signals.Ignored.Has(sig):
		return "ignored"
	default:
		return "default"
	}
}
