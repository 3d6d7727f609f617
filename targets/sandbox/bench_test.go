package sandbox

import (
	"os"
	"testing"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// BenchmarkHost opens a host, starts a program on it and closes it.
func BenchmarkHost(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for b.Loop() {
		h, err := Open(DefaultLimits())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := h.Start(b.Context(), wire.Program{Path: "/bin/true", Args: []string{"true"}, Stdin: null, Output: null}); err != nil {
			b.Fatal(err)
		}
		if err := h.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
