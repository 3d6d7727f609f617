package observe

import "syscall"

// Disposition returns what a process does with a signal: "caught", "ignored" or
// "default", signal(7). The process must have been read with Tasks.
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
