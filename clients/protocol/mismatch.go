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
	// Moved is how many bytes behind Offset Got was owed: it comes too early, and what
	// lies between is missing. Below 0 it was owed before, and comes again. 0 says that
	// it belongs nowhere, or that this is not known.
	Moved int64
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
	return fmt.Sprintf("at offset %d: expected %q, got %q%s", m.Offset, quoted(m.Want), quoted(m.Got), m.moved())
}

// moved says where Got belongs, as the end of a sentence.
func (m *Mismatch) moved() string {
	switch {
	case m.Moved < 0:
		return fmt.Sprintf(", which are the bytes of offset %d again", m.Offset+m.Moved)
	case m.Moved > 0:
		return fmt.Sprintf(", which belongs at offset %d: the bytes between are missing", m.Offset+m.Moved)
	}
	return ""
}

func quoted(b []byte) []byte { return b[:min(shownBytes, len(b))] }

func (m *Mismatch) clone() *Mismatch {
	c := *m
	c.Want, c.Got = slices.Clone(m.Want), slices.Clone(m.Got)
	return &c
}
