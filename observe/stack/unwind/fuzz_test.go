package unwind

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/stack"
)

const source = `
__attribute__((noinline)) static int inner(int *p) { *p += 1; __asm__ volatile("" ::: "rbx", "memory"); return *p; }
static inline int outer(int n) { int v = n; return inner(&v) + v; }
int main(int argc, char **argv) { (void)argv; return outer(argc) + 1; }
`

// program compiles a small program and returns its bytes, or nil where there is no
// compiler.
func program(t testing.TB, flags ...string) []byte {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		return nil
	}
	folder := t.TempDir()
	from, to := filepath.Join(folder, "p.c"), filepath.Join(folder, "p")
	if err := os.WriteFile(from, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(cc, append(flags, "-o", to, from)...).CombinedOutput(); err != nil {
		t.Logf("cc: %v\n%s", err, out)
		return nil
	}
	data, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Where the file of a fuzzed sample is mapped: once as a library, once as the program.
const (
	asLibrary = 0x1000_0000
	asProgram = 0x8000_0000
	mapped    = 0x4000_0000
)

// sample is one that enters a file at an offset, with a stack full of addresses around
// another.
func sample(enter, back uint32, words []byte) stack.Sample {
	s := stack.Sample{PC: asLibrary + uint64(enter)%mapped, SP: 0x7fff_0000, Known: 1<<stack.RegisterCount - 1}
	for i := range s.Registers {
		s.Registers[i] = s.SP + uint64(8*i)
	}
	s.Registers[stackRegister] = s.SP
	s.Code = []stack.Mapping{
		{Start: asLibrary, End: asLibrary + mapped, File: 0},
		{Start: asProgram, End: asProgram + mapped, File: 0, Own: true},
	}
	for i := range 64 {
		at := asProgram + uint64(back)%mapped
		if i < len(words) {
			at += uint64(words[i])
		}
		s.Stack = binary.LittleEndian.AppendUint64(s.Stack, at)
	}
	return s
}

// FuzzFrames feeds broken programs and stacks: none may cost more than a moment.
func FuzzFrames(f *testing.F) {
	for _, flags := range [][]string{{"-O2", "-g"}, {"-O0", "-g", "-gz=zlib"}, {"-O2", "-s"}, {"-O2", "-g", "-gdwarf-4", "-no-pie"}} {
		data := program(f, flags...)
		enter, back := functions(f, data)
		f.Add(data, enter, back, []byte{1, 2, 3, 9, 20})
	}
	f.Fuzz(func(t *testing.T, data []byte, enter, back uint32, words []byte) {
		begin := processorTime()
		s := sample(enter, back, words)
		frames := New([]io.ReaderAt{bytes.NewReader(data)}).Frames(s)
		if len(frames) > 4*mostShown {
			t.Errorf("%d frames", len(frames))
		}
		if used := processorTime() - begin; used > 5*time.Second {
			t.Errorf("one sample took %v of processor time", used)
		}
	})
}

// functions returns where two functions of a program are in its file.
func functions(t testing.TB, data []byte) (enter, back uint32) {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Skip("needs a C compiler, cc")
	}
	i, err := open(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text := f.Section(".text")
	back = uint32(text.Offset)
	i.readNames()
	for _, s := range i.symbols {
		if s.Name == "inner" || s.Name == "main" {
			enter, back = back, uint32(s.Value-text.Addr+text.Offset)
		}
	}
	return enter, back
}

// FuzzUnwind feeds broken unwind information, without what guards against panics of
// other packages.
func FuzzUnwind(f *testing.F) {
	for _, flags := range [][]string{{"-O2"}, {"-O0", "-static"}} {
		data := program(f, flags...)
		i, err := elf.NewFile(bytes.NewReader(data))
		if err != nil {
			continue
		}
		frames, err := i.Section(".eh_frame").Data()
		if err != nil {
			f.Fatal(err)
		}
		frames = frames[:min(len(frames), 4096)]
		f.Add(frames, uint64(0x1000), uint64(0x10))
		f.Add(append([]byte{20, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 'S', 0, 1, 0x78, 16, 1, 0x1b, 15, 3, 0x77, 8, 6, 0}, frames...), uint64(0x1000), uint64(0))
	}
	f.Fuzz(func(_ *testing.T, data []byte, address, offset uint64) {
		for n, d := range (section{data, address}).descriptions() {
			if n > 100 {
				break
			}
			row, err := d.rowAt(d.begin + offset)
			if err != nil {
				continue
			}
			t := newState(sample(0, 0, data))
			if next, found := t.caller(d.common, row); found && next.registers[stackRegister] == 0 {
				continue
			}
		}
	})
}

func processorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // cannot fail with a valid pointer
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
