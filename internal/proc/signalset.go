package proc

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

// TimerSignals are the signals that setitimer(2) and alarm(2) send.
const TimerSignals = SignalSet(1<<(syscall.SIGALRM-1) | 1<<(syscall.SIGVTALRM-1) | 1<<(syscall.SIGPROF-1))

// SetOf returns the set of these signals.
func SetOf(signals ...syscall.Signal) SignalSet {
	var s SignalSet
	for _, sig := range signals {
		s |= 1 << (sig - 1)
	}
	return s
}

// Has reports whether a signal is in the set.
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
