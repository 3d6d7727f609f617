package symbols

import (
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/stack"
	"github.com/forkproof/forkproof/observe/stack/unwind"
)

// What the process may use.
const (
	mostMemory     = 512 << 20 // bytes, more than it has when it starts
	mostCPUSeconds = 5
)

// firstFile is the descriptor of the first file; the others follow.
const firstFile = 3

// A binary that links this package is this process: as that it never reaches main.
func init() {
	if len(os.Args) == 1 && os.Args[0] == name {
		if err := run(os.Stdin, os.Stdout); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// run answers for each sample as soon as it can.
func run(input io.Reader, output io.Writer) error {
	if err := limit(); err != nil {
		return err
	}
	var samples []stack.Sample
	if err := gob.NewDecoder(input).Decode(&samples); err != nil {
		return fmt.Errorf("read the samples: %w", err)
	}
	u := unwind.New(openFiles(samples))
	answers := json.NewEncoder(output)
	for _, s := range samples {
		if err := answers.Encode(u.Frames(s)); err != nil {
			return err
		}
	}
	return nil
}

// limit bounds the memory and the processor time of this process, setrlimit(2).
func limit() error {
	memory, err := dataBytes()
	if err != nil {
		return err
	}
	for _, l := range []struct {
		resource  int
		soft, cap uint64
	}{
		{unix.RLIMIT_DATA, memory + mostMemory, memory + mostMemory},
		{unix.RLIMIT_CPU, mostCPUSeconds, mostCPUSeconds + 1},
		{unix.RLIMIT_CORE, 0, 0},
		{unix.RLIMIT_FSIZE, 0, 0},
	} {
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.soft, Max: l.cap}); err != nil {
			return fmt.Errorf("setrlimit: %w", err)
		}
	}
	return nil
}

// dataBytes returns what RLIMIT_DATA counts of this process now. The race detector has
// much.
func dataBytes() (uint64, error) {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	var size, resident, shared, code, library, data uint64
	if _, err := fmt.Sscan(string(text), &size, &resident, &shared, &code, &library, &data); err != nil {
		return 0, fmt.Errorf("read /proc/self/statm: %w", err)
	}
	return data * uint64(os.Getpagesize()), nil
}

// openFiles opens the files that the samples count, by their handles, to be read.
func openFiles(samples []stack.Sample) []io.ReaderAt {
	count := 0
	for _, s := range samples {
		for _, m := range s.Code {
			count = max(count, m.File+1)
		}
	}
	files := make([]io.ReaderAt, count)
	for i := range files {
		fd, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", firstFile+i), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			files[i] = noFile{}
			continue
		}
		files[i] = os.NewFile(uintptr(fd), "program")
	}
	return files
}

// A noFile is a file that may not be read.
type noFile struct{}

// ReadAt returns an error.
func (noFile) ReadAt([]byte, int64) (int, error) { return 0, os.ErrPermission }
