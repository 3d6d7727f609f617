package symbols

import (
	"bytes"
	"compress/zlib"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/stack"
)

// TestBomb holds that a program costs its lines, and no more, whose debug information says
// that it is a gigabyte, or is more than it says.
func TestBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("inflates 90 MiB")
	}
	for name, c := range map[string]struct{ said, real int }{
		"a gigabyte":        {1 << 30, 64 << 20},
		"more than said":    {1 << 20, 64 << 20},
		"as much as may be": {90 << 20, 90 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			path := compile(t, "-O0 -g -gz=zlib")
			inflate(t, path, c.said, c.real)
			parent, child := resolve(t, path)
			if got := words(append(parent, child...)); got != "wait_for_child, finish, main, on_alarm, main" {
				t.Errorf("got %q, want the functions without lines", got)
			}
		})
	}
}

// inflate replaces .debug_info of a program by zeros, compressed.
func inflate(t *testing.T, path string, said, size int) {
	t.Helper()
	var bomb bytes.Buffer
	if err := binary.Write(&bomb, binary.LittleEndian, elf.Chdr64{Type: uint32(elf.COMPRESS_ZLIB), Size: uint64(said), Addralign: 1}); err != nil {
		t.Fatal(err)
	}
	w := zlib.NewWriter(&bomb)
	for zeros := make([]byte, 1<<20); size > 0; size -= len(zeros) {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	headers := binary.LittleEndian.Uint64(data[0x28:]) // e_shoff
	for i, s := range f.Sections {
		if s.Name != ".debug_info" {
			continue
		}
		header := data[headers+uint64(i)*64:]
		binary.LittleEndian.PutUint64(header[8:], uint64(elf.SHF_COMPRESSED)) // sh_flags
		binary.LittleEndian.PutUint64(header[24:], uint64(len(data)))         // sh_offset
		binary.LittleEndian.PutUint64(header[32:], uint64(bomb.Len()))        // sh_size
	}
	if err := os.WriteFile(path, append(data, bomb.Bytes()...), 0o700); err != nil {
		t.Fatal(err)
	}
}

// TestWithoutRegisters holds that only what is sure is told of a thread that could not
// be attached: the frame pointer, which leads on at -O0, is not known.
func TestWithoutRegisters(t *testing.T) {
	for flags, want := range map[string]string{"-O0": "wait_for_child", "-O2": "wait_for_child, main"} {
		c := new(stack.Collection)
		t.Cleanup(c.Close)
		blockedPair(t, compile(t, flags), func(pair [2]observe.Process) {
			if _, err := c.Take(pair[0]); err != nil {
				t.Fatal(err)
			}
		})
		s := &c.Samples()[0]
		for i, value := range s.Registers {
			if value != s.SP {
				s.Known &^= 1 << i
			}
		}
		list, err := Resolve(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if got := words(list[0]); got != want {
			t.Errorf("%s: got %s, want %s", flags, got, want)
		}
	}
}

// TestNoProcess holds that there are no frames, and an error for those who ask, when
// the process cannot answer.
func TestNoProcess(t *testing.T) {
	c := new(stack.Collection)
	t.Cleanup(c.Close)
	blockedPair(t, compile(t, "-O0"), func(pair [2]observe.Process) {
		if _, err := c.Take(pair[0]); err != nil {
			t.Fatal(err)
		}
	})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	list, err := Resolve(ended, c)
	if err == nil || len(list) > 0 && list[0] != nil {
		t.Errorf("got %v and error %v, want an error and no frames", list, err)
	}
}

func TestRead(t *testing.T) {
	long := strings.Repeat("x", mostText+1)
	for answer, want := range map[string]string{
		`[{"function":"main","file":"a.c","line":3}] null`: "main a.c:3|",
		`[{"function":"main"}] [{`:                         "main|",
		`[{"function":"` + long + `"}] [{"function":"f"}]`: "|f",
		`[{"line":3}] [{"function":"f","line":-1}]`:        "|",
		`{} 7`: "|",
	} {
		list, _ := read(strings.NewReader(answer), 2)
		if got := words(list[0]) + "|" + words(list[1]); got != want {
			t.Errorf("%.60s: got %s, want %s", answer, got, want)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	c := new(stack.Collection)
	blockedPair(b, compile(b, "-O2 -g"), func(pair [2]observe.Process) {
		for b.Loop() {
			if _, err := c.Take(pair[0]); err != nil {
				b.Fatal(err)
			}
			c.Close()
		}
	})
}

func BenchmarkResolve(b *testing.B) {
	c := new(stack.Collection)
	b.Cleanup(c.Close)
	blockedPair(b, compile(b, "-O2 -g"), func(pair [2]observe.Process) {
		for _, p := range pair {
			if _, err := c.Take(p); err != nil {
				b.Fatal(err)
			}
		}
	})
	for b.Loop() {
		if _, err := Resolve(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
