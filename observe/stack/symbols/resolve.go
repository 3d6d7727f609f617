package symbols

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/forkproof/forkproof/observe/stack"
	"github.com/forkproof/forkproof/observe/stack/unwind"
)

// name is what the process is called, and how it knows what it is.
const name = "forkproof-symbols"

const (
	// timeLimit is how long the process may take; a program with much debug
	// information takes a tenth.
	timeLimit = 10 * time.Second
	// mostOutput bounds what is read of its answer.
	mostOutput = 4 << 20
	// mostText bounds each name in the answer.
	mostText = 256
)

// Resolve returns, for each sample of a collection, the functions of the server's own
// program that are on the stack, the innermost first. A process of its own reads the
// programs: when it dies or takes too long, the samples that it has not come to have
// none. With no samples it starts none. The error says why there may be fewer than
// could be.
func Resolve(ctx context.Context, c *stack.Collection) ([][]unwind.Frame, error) {
	return resolveBy(ctx, "/proc/self/exe", c)
}

// resolveBy is Resolve by the forkproof at a path.
func resolveBy(ctx context.Context, forkproof string, c *stack.Collection) ([][]unwind.Frame, error) {
	samples := c.Samples()
	if len(samples) == 0 {
		return nil, nil
	}
	var input bytes.Buffer
	if err := gob.NewEncoder(&input).Encode(samples); err != nil {
		return nil, fmt.Errorf("encode %d samples: %w", len(samples), err)
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, forkproof)
	cmd.Args = []string{name}
	cmd.Env = []string{"GOMAXPROCS=1", "GOTRACEBACK=none", "GORACE=atexit_sleep_ms=0"}
	cmd.Stdin, cmd.ExtraFiles = &input, c.Files()
	cmd.WaitDelay = time.Second
	output, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	list, readErr := read(io.LimitReader(output, mostOutput), len(samples))
	if readErr != nil {
		_ = cmd.Process.Kill()
	}
	if err := cmd.Wait(); err != nil {
		return list, fmt.Errorf("%s: %w", name, err)
	}
	return list, readErr
}

// read reads the answers about n samples, one after another.
func read(r io.Reader, n int) ([][]unwind.Frame, error) {
	list := make([][]unwind.Frame, n)
	answers := json.NewDecoder(r)
	for i := range list {
		var frames []unwind.Frame
		if err := answers.Decode(&frames); err != nil {
			return list, fmt.Errorf("%s has answered for %d of %d samples: %w", name, i, n, err)
		}
		for _, f := range frames {
			if f.Line < 0 || len(f.Function) > mostText || len(f.File) > mostText || f.Function == "" && f.File == "" {
				frames = nil
				break
			}
		}
		list[i] = frames
	}
	return list, nil
}
