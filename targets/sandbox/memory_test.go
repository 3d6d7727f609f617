package sandbox

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMemory(t *testing.T) {
	if got := Memory(); got == 0 || got == 1<<64-1 {
		t.Errorf("forkproof may use %d bytes", got)
	}
	file := filepath.Join(t.TempDir(), "memory.max")
	for text, want := range map[string]uint64{"max\n": 1<<64 - 1, "1073741824\n": 1 << 30} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := limitIn(file); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
