package faults

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A stop is one target that is being stopped.
type stop struct {
	target  Target
	pin     *pin // nil when the target was gone from the start
	already bool // it was stopped before
	gone    bool
}

// beginStop sends SIGSTOP to a target that is not stopped already.
func beginStop(t Target) (*stop, error) {
	pin, err := hold(t)
	if errors.Is(err, ErrGone) {
		return &stop{target: t, gone: true}, nil
	}
	if err != nil {
		return nil, err
	}
	s := &stop{target: t, pin: pin}
	if s.already, _, err = stopped(t); err == nil && !s.already {
		err = pin.signal(unix.SIGSTOP)
	}
	return s, s.noteGone(err)
}

// prove waits until every thread is stopped, or the process is gone.
func (s *stop) prove(ctx context.Context) error {
	if s.gone {
		return nil
	}
	var last thread
	err := poll(ctx, func() (bool, error) {
		if ended, err := s.pin.ended(); ended || err != nil {
			s.gone = ended
			return ended, err
		}
		// Twice: a thread that was made while the first look was taken is seen
		// by the second. A thread that has a signal pending makes no more.
		for range 2 {
			all, running, err := stopped(s.target)
			if !all || err != nil {
				last = running
				err = s.noteGone(err)
				return s.gone, err
			}
		}
		return true, nil
	})
	if err == nil {
		return nil
	}
	op := "SIGSTOP: wait for state T"
	if last.tid != 0 {
		op += fmt.Sprintf(": thread %d is in state %c", last.tid, last.state)
	}
	return failed(op, s.target, err)
}

// noteGone turns the error of a process that is gone into a note.
func (s *stop) noteGone(err error) error {
	if errors.Is(err, ErrGone) {
		s.gone = true
		return nil
	}
	return err
}

// thaw lets the process go on, and drops the pin.
func (s *stop) thaw() error {
	if s.pin == nil {
		return nil
	}
	if !s.already {
		if err := unlessGone(s.pin.signal(unix.SIGCONT)); err != nil {
			return err
		}
	}
	pin := s.pin
	s.pin = nil
	return pin.release()
}

// thawAll thaws the last first, so that children go on before their parents.
func thawAll(stops []*stop) error {
	var errs []error
	for i := len(stops) - 1; i >= 0; i-- {
		errs = append(errs, stops[i].thaw())
	}
	return errors.Join(errs...)
}
