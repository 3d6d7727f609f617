package trace

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// TestProgramOf32BitsIsRefused runs an ELF file for i386 that only pauses: the
// system calls of 32-bit programs have other numbers.
func TestProgramOf32BitsIsRefused(t *testing.T) {
	code := []byte{0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7} // l: mov eax, 29 (pause); int 0x80; jmp l
	const base, head = 0x08048000, 52 + 32
	image := append(elf32Header(base, head, len(code)), code...)
	path := filepath.Join(t.TempDir(), "pause32")
	if err := os.WriteFile(path, image, 0o700); err != nil {
		t.Fatal(err)
	}
	probe := exec.Command(path, "probe")
	if err := probe.Start(); errors.Is(err, unix.ENOEXEC) {
		t.Skip("this kernel runs no 32-bit programs")
	} else if err == nil {
		_ = probe.Process.Kill()
		_ = probe.Wait() // it was killed: an error is expected
	}
	v := testproc.Start(t, path)
	v.AwaitState('S')
	_, err := Inject(testproc.Within(t), []process.ID{v.ID}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "32-bit") {
		t.Errorf("%v, want that it is a 32-bit program", err)
	}
	if procfile.TracerOf(v.PID) != 0 {
		t.Error("it is traced")
	}
}

func elf32Header(base, head uint32, size int) []byte {
	le16 := func(v int) []byte { return []byte{byte(v), byte(v >> 8)} }
	le32 := func(v uint32) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)} }
	var b []byte
	b = append(b, "\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	b = append(b, le16(2)...) // ET_EXEC
	b = append(b, le16(3)...) // EM_386
	b = append(b, le32(1)...)
	b = append(b, le32(base+head)...) // entry
	b = append(b, le32(52)...)        // program headers
	b = append(b, le32(0)...)
	b = append(b, le32(0)...)
	for _, v := range []int{52, 32, 1, 0, 0, 0} {
		b = append(b, le16(v)...)
	}
	total := head + uint32(size)
	for _, v := range []uint32{1 /* PT_LOAD */, 0, base, base, total, total, 5 /* r-x */, 4096} {
		b = append(b, le32(v)...)
	}
	return b
}
