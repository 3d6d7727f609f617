package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// contents returns all of a payload, read at once.
func contents(t interface{ Fatal(...any) }, p Payload) []byte {
	b := make([]byte, p.Size())
	if n, err := p.ReadAt(b, 0); err != nil || int64(n) != p.Size() {
		t.Fatal(n, err)
	}
	return b
}

// TestPayloadsNeverChange checks that the same arguments return the same bytes for
// ever. Do not change these digests.
func TestPayloadsNeverChange(t *testing.T) {
	tests := []struct {
		name    string
		payload Payload
		want    string
	}{
		{"Printable", Printable(1, 100_000), "8606fd103d098d9b26553ca8d2d08ef36a5d4703a8579639acc3420bde2f1aca"},
		{"Lines", Lines(7, 100, 73), "185842a738a919106c22da698db5a94dbdede43b3807338f885d78fb462855e9"},
	}
	for _, test := range tests {
		digest := sha256.Sum256(contents(t, test.payload))
		if got := hex.EncodeToString(digest[:]); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	if got, want := string(contents(t, Printable(42, 33))), "]gEYpYFYb]ntkkosEpnGHcb`o_sf@@fT\n"; got != want {
		t.Errorf("Printable(42, 33): %q, want %q", got, want)
	}
}

func TestPayloadForms(t *testing.T) {
	if got := string(contents(t, Text("a\x00b"))); got != "a\x00b" {
		t.Errorf("Text: %q", got)
	}
	literal := []byte{1, 2, 3}
	p := Literal(literal)
	literal[0] = 9
	if got := contents(t, p); !bytes.Equal(got, []byte{1, 2, 3}) {
		t.Errorf("Literal: %v", got)
	}
	for _, empty := range []Payload{{}, Text(""), Printable(1, 0), Printable(1, -5), Lines(1, 0, 5), Lines(1, 5, 0), Join()} {
		if n, err := empty.ReadAt(make([]byte, 1), 0); empty.Size() != 0 || n != 0 || !errors.Is(err, io.EOF) {
			t.Errorf("size %d, %d bytes, %v: want an empty payload", empty.Size(), n, err)
		}
	}
	if _, err := p.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("a negative offset is no error")
	}
}

func TestLinesAreLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, n := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(1, 20).Draw(t, "n")
		width := rapid.Int64Range(1, 3000).Draw(t, "width")
		lines := bytes.SplitAfter(contents(t, Lines(seed, n, width)), []byte("\n"))
		if len(lines) != n+1 || len(lines[n]) != 0 {
			t.Fatalf("%d lines, want %d", len(lines)-1, n)
		}
		for _, line := range lines[:n] {
			if int64(len(line)) != width {
				t.Fatalf("a line of %d bytes, want %d", len(line), width)
			}
			for _, b := range line[:len(line)-1] {
				if b < ' ' || b > '~' {
					t.Fatalf("byte %#x is not printable ASCII", b)
				}
			}
		}
		if !bytes.Equal(contents(t, Printable(seed, width)), contents(t, Lines(seed, 1, width))) {
			t.Fatal("Printable is not one line")
		}
	})
}

// anyPayload draws payloads of each form, and joins of them.
func anyPayload() *rapid.Generator[Payload] {
	one := rapid.Custom(func(t *rapid.T) Payload {
		seed, size := rapid.Uint64().Draw(t, "seed"), rapid.Int64Range(0, 3*blockSize).Draw(t, "size")
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 0:
			return Printable(seed, size)
		case 1:
			return Lines(seed, int(size/100), 90)
		}
		return Literal(rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "literal"))
	})
	return rapid.Custom(func(t *rapid.T) Payload {
		return Join(rapid.SliceOfN(one, 0, 5).Draw(t, "parts")...)
	})
}

func TestPayloadReadsTheSameInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPayload().Draw(t, "payload")
		whole := contents(t, p)
		for range 10 {
			from := rapid.IntRange(0, len(whole)).Draw(t, "from")
			to := rapid.IntRange(from, len(whole)).Draw(t, "to")
			piece := make([]byte, to-from)
			if n, err := p.ReadAt(piece, int64(from)); err != nil || n != len(piece) {
				t.Fatal(n, err)
			}
			if !bytes.Equal(piece, whole[from:to]) {
				t.Fatalf("bytes %d to %d differ from those read at once", from, to)
			}
		}
	})
}
