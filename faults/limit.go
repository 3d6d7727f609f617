package faults

import (
	"cmp"

	"golang.org/x/sys/unix"
)

// A resource is one that prlimit(2) bounds.
type resource struct {
	number int
	op     string // for errors
}

// limit sets the soft limit of a running process, which is computed when it is
// held, and gives how to set the old one again.
//
// prlimit takes a pid. That it was the target's is made sure of before and
// after the call.
func limit(t Target, r resource, compute func() (uint64, error)) (Undo, error) {
	p, err := hold(t)
	if err != nil {
		return nil, err
	}
	soft, err := compute()
	if err != nil {
		return nil, cmp.Or[error](failed(r.op, t, err), p.release())
	}
	old, err := p.setLimit(r, soft)
	if err != nil {
		return nil, cmp.Or[error](err, p.release())
	}
	return once(func() error {
		_, err := p.setLimit(r, old)
		if err = unlessGone(err); err != nil {
			return err
		}
		return p.release()
	}), nil
}

// setLimit sets the soft limit and gives the one before.
func (p *pin) setLimit(r resource, soft uint64) (before uint64, err error) {
	if ended, err := p.ended(); ended || err != nil {
		return 0, cmp.Or[error](err, &ProcessGone{p.Target, r.op})
	}
	var old unix.Rlimit
	if err := unix.Prlimit(p.PID, r.number, nil, &old); err != nil {
		return 0, failed(r.op, p.Target, err)
	}
	if err := unix.Prlimit(p.PID, r.number, &unix.Rlimit{Cur: soft, Max: old.Max}, nil); err != nil {
		return 0, failed(r.op, p.Target, err)
	}
	if ended, err := p.ended(); ended || err != nil {
		return 0, cmp.Or[error](err, &ProcessGone{p.Target, r.op})
	}
	return old.Cur, nil
}
