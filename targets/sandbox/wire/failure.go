package wire

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Fail puts an error into a message.
func Fail(m Message, err error) Message {
	m.Error = err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		m.Errno = errno
	}
	return m
}

// ErrorOf returns the error that a message holds; nil when it holds none.
func ErrorOf(m Message) error {
	switch {
	case m.Errno != 0:
		return &StepError{Text: m.Error, Errno: m.Errno}
	case m.Error != "":
		return errors.New(m.Error)
	}
	return nil
}

// A StepError is what the init could not do, with the system's reason.
type StepError struct {
	Text  string
	Errno unix.Errno
}

func (e *StepError) Error() string { return e.Text }

// Unwrap gives the errno.
func (e *StepError) Unwrap() error { return e.Errno }
