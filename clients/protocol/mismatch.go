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
}

// Error says what differs, the bytes quoted as in Go.
func (m *Mismatch) Error() string {
	if m.Surplus {
		return fmt.Sprintf("after all %d bytes that were owed, more came: %q", m.Offset, quoted(m.Got))
	}
	return fmt.Sprintf("at offset %d: expected %q, got %q", m.Offset, quoted(m.Want), quoted(m.Got))
}

func quoted(b []byte) []byte { return b[:min(shownBytes, len(b))] }

func (m *Mismatch) clone() *Mismatch {
	return &Mismatch{Offset: m.Offset, Want: slices.Clone(m.Want), Got: slices.Clone(m.Got), Surplus: m.Surplus}
}
