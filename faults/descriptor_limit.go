package faults

import (
	"cmp"

	"golang.org/x/sys/unix"
)

// DescriptorLimit sets the soft limit RLIMIT_NOFILE of a running process to n
// (prlimit(2)): opening a descriptor numbered n or above fails with EMFILE
// from now on. Descriptors that are open stay open. The Undo sets the old soft
// limit again. n may not be above the hard limit (EINVAL). The caller needs
// the process's user id, or CAP_SYS_RESOURCE (EPERM).
//
// prlimit takes a pid. That it was the target's is made sure of before and
// after the call.
func DescriptorLimit(t Target, n uint64) (Undo, error) {
	p, err := hold(t)
	if err != nil {
		return nil, err
	}
	old, err := p.limitDescriptors(n)
	if err != nil {
		return nil, cmp.Or[error](err, p.release())
	}
	return once(func() error {
		_, err := p.limitDescriptors(old)
		if err = unlessGone(err); err != nil {
			return err
		}
		return p.release()
	}), nil
}

// limitDescriptors sets the soft limit and gives the one before.
func (p *pin) limitDescriptors(soft uint64) (before uint64, err error) {
	const op = "prlimit RLIMIT_NOFILE"
	if ended, err := p.ended(); ended || err != nil {
		return 0, cmp.Or[error](err, &ProcessGone{p.Target, op})
	}
	var old unix.Rlimit
	if err := unix.Prlimit(p.PID, unix.RLIMIT_NOFILE, nil, &old); err != nil {
		return 0, failed(op, p.Target, err)
	}
	if err := unix.Prlimit(p.PID, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: soft, Max: old.Max}, nil); err != nil {
		return 0, failed(op, p.Target, err)
	}
	if ended, err := p.ended(); ended || err != nil {
		return 0, cmp.Or[error](err, &ProcessGone{p.Target, op})
	}
	return old.Cur, nil
}
