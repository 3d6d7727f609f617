package process

import "golang.org/x/sys/unix"

// A Resource is one that prlimit(2) bounds.
type Resource struct {
	// Number is RLIMIT_NOFILE, RLIMIT_AS, …
	Number int
	// Op names the operation in errors.
	Op string
}

// SetLimit sets the soft limit of a resource and returns the one before.
//
// prlimit takes a pid. SetLimit checks before and after the call that it still
// is the pid of this process.
func (h *Handle) SetLimit(r Resource, soft uint64) (before uint64, err error) {
	if err := h.Alive(r.Op); err != nil {
		return 0, err
	}
	var old unix.Rlimit
	if err := unix.Prlimit(h.PID, r.Number, nil, &old); err != nil {
		return 0, Failed(r.Op, h.ID, err)
	}
	if err := unix.Prlimit(h.PID, r.Number, &unix.Rlimit{Cur: soft, Max: old.Max}, nil); err != nil {
		return 0, Failed(r.Op, h.ID, err)
	}
	if err := h.Alive(r.Op); err != nil {
		return 0, err
	}
	return old.Cur, nil
}
