package faults

import (
	"cmp"

	"github.com/forkproof/forkproof/faults/process"
)

// limit sets the soft limit of a running process to what compute returns while
// the process is held. The Undo sets the old one again.
func limit(p Process, r process.Resource, compute func() (uint64, error)) (Undo, error) {
	h, err := process.Open(p)
	if err != nil {
		return nil, err
	}
	soft, err := compute()
	if err != nil {
		return nil, cmp.Or[error](process.Failed(r.Op, p, err), h.Close())
	}
	old, err := h.SetLimit(r, soft)
	if err != nil {
		return nil, cmp.Or[error](err, h.Close())
	}
	return once(func() error {
		_, err := h.SetLimit(r, old)
		if err = process.UnlessGone(err); err != nil {
			return err
		}
		return h.Close()
	}), nil
}
