package protocol

import (
	"fmt"
	"slices"
)

// A Mismatch keeps so many bytes of both sides, and its message quotes so many.
const (
	keptBytes  = 64
	shownBytes = 16
)

// A Mismatch is the first place at which what arrived is not what was owed.
type Mismatch struct {
	// Offset counts the bytes that had arrived as owed.
	Offset int64
	// Want are up to 64 bytes owed from Offset on; empty when nothing was.
	Want []byte
	// Got are up to 64 bytes that arrived from Offset on.
	Got []byte
	// Surplus says that all that was owed had arrived before more came.
	Surplus bool
	// Because says what is wrong, as a clause; empty where the bytes say it all.
	Because string
}

// Error says what differs, the bytes quoted as in Go.
func (m *Mismatch) Error() string {
	switch {
	case m.Because != "" && m.Surplus:
		return fmt.Sprintf("%s: %q", m.Because, m.Got)
	case m.Because != "" && m.Want == nil:
		return fmt.Sprintf("%s: got %q", m.Because, m.Got)
	case m.Because != "":
		return fmt.Sprintf("%s: expected %q, got %q", m.Because, m.Want, m.Got)
	case m.Surplus:
		return fmt.Sprintf("after all %d bytes that were owed, more came: %q", m.Offset, quoted(m.Got))
	}
	return fmt.Sprintf("at offset %d: expected %q, got %q", m.Offset, quoted(m.Want), quoted(m.Got))
}

func quoted(b []byte) []byte { return b[:min(shownBytes, len(b))] }

func (m *Mismatch) clone() *Mismatch {
	c := *m
	c.Want, c.Got = slices.Clone(m.Want), slices.Clone(m.Got)
	return &c
}
