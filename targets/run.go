package targets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// RunLimits bound a command that is run to its end. Each counts; none may be 0.
type RunLimits struct {
	// CPU is how much processor time each process may use. Time guards against a
	// command that waits for ever: how long one takes depends on the machine, too.
	CPU, Time time.Duration
	// Processes is how many processes its tree may have.
	Processes int
	// MemoryBytes is what they may use together, DiskBytes what they may write to files
	// and FileBytes how large one file may grow; see sandbox.Limits.
	MemoryBytes, DiskBytes, FileBytes int64
	// OutputBytes is how much the command may print.
	OutputBytes int64
	// Files is how many files and directories there may be in its directory when it
	// has ended, and HandedBytes how large the files may be together.
	Files       int
	HandedBytes int64
}

// DefaultRunLimits fit the build of a server of some thousand lines.
func DefaultRunLimits() RunLimits {
	return RunLimits{
		CPU: time.Minute, Time: 10 * time.Minute, Processes: 64, MemoryBytes: 1 << 30, DiskBytes: 256 << 20, FileBytes: 64 << 20,
		OutputBytes: 1 << 20, Files: 1000, HandedBytes: 128 << 20,
	}
}

func (l RunLimits) sandbox() sandbox.Limits {
	s := sandbox.DefaultLimits()
	s.Processes, s.MemoryBytes, s.DiskBytes, s.FileBytes = l.Processes, l.MemoryBytes, l.DiskBytes, l.FileBytes
	s.CPU = max(l.CPU, time.Second)
	return s
}

// A RunResult says how a command ended that was run to its end.
type RunResult struct {
	// Status is how the started process ended.
	Status unix.WaitStatus
	// Stopped says in one sentence which limit the command passed, or that it put its own
	// directory out of reach; "" when it ended by itself and did neither.
	Stopped string
	// Late says that this was the limit of time: a busy machine may have had a part in it.
	Late bool
	// Output is the beginning and the end of what it printed; not escaped.
	Output string
	// Files are those that were handed back, relative to the directory.
	Files []string
	// LeftOut are those of the directory that are neither files nor directories: links,
	// sockets, FIFOs and devices; and files and directories that forkproof may not read.
	// At most mostLeftOut are named.
	LeftOut []string
}

// Succeeded says whether the command ended by itself with exit status 0.
func (r RunResult) Succeeded() bool {
	return r.Stopped == "" && r.Status.Exited() && r.Status.ExitStatus() == 0
}

// Run runs a command to its end, kept from the machine as a server is, and without a
// network. Then it ends every process that the command has left. c.Dir itself does
// not change: when the command succeeds, the regular files that are in it then, as
// the command sees it, are copied to the folder into, which must be empty or not
// exist. The error is a *CommandError when the command cannot be run, and otherwise
// the machine's fault; what the command does wrong is in the result.
func Run(ctx context.Context, c Command, into string, limits RunLimits) (result RunResult, err error) {
	if c.Dir, err = workingDirectory(c.Dir); err != nil {
		return result, err
	}
	box, err := sandbox.Open(limits.sandbox())
	if err != nil {
		return result, err
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	if !box.Isolation().PIDs { // there is no overlay that takes the changes
		var remove func() error
		if c.Dir, remove, err = copyToWorkIn(c.Dir, limits); err != nil {
			return result, err
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	if result, err = runIn(ctx, box, c, limits); err != nil || !result.Succeeded() {
		return result, err
	}
	dir, err := openLeft(ctx, box, c.Dir)
	if result.Stopped = outOfReach(err); result.Stopped != "" {
		return result, nil
	}
	if err != nil {
		return result, err
	}
	defer func() { _ = dir.Close() }()
	return result, result.handBack(dir, into, limits)
}

// workingDirectory returns the absolute path of a directory, without links.
func workingDirectory(dir string) (string, error) {
	if dir == "" {
		dir = "."
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err == nil {
		err = sandbox.CanShow(dir)
	}
	if err != nil {
		return "", &CommandError{fmt.Errorf("run in %q: %w", dir, err)}
	}
	return dir, nil
}

// runIn runs the command on a host, and returns when all of it has ended.
func runIn(ctx context.Context, box *sandbox.Host, c Command, limits RunLimits) (RunResult, error) {
	if strings.Contains(c.Args[0], "/") && !filepath.IsAbs(c.Args[0]) {
		c.Args = append([]string{filepath.Join(c.Dir, c.Args[0])}, c.Args[1:]...)
	}
	path, err := c.Program()
	if err != nil {
		return RunResult{}, &CommandError{err}
	}
	if c.Writable, err = directories(c.Dir); err != nil {
		return RunResult{}, &CommandError{err}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return RunResult{}, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer func() { _ = null.Close() }()
	out, written, err := os.Pipe()
	if err != nil {
		return RunResult{}, fmt.Errorf("make the output of a command: %w", err)
	}
	output := drain(out, nil)
	program := c.program(path, 0, null, written)
	program.Offline = true
	pid, err := box.Start(ctx, program)
	_ = written.Close()
	if err != nil {
		return RunResult{}, startError(path, err)
	}
	var r RunResult
	r.Stopped, r.Late = awaitEnd(ctx, box, pid, output, limits)
	if err := box.StopAll(context.WithoutCancel(ctx)); err != nil {
		return r, err
	}
	output.await(exitLimit)
	r.Status, _ = box.Exit(pid)
	r.Output = output.String()
	if r.Stopped == "" {
		r.Stopped = passed(box, output, limits)
	}
	return r, ctx.Err()
}

// lastLook is the longest pause between two looks at a command that runs.
const lastLook = 20 * time.Millisecond

// awaitEnd waits until the started process has ended, and says which limit it has
// passed before that, and whether that is the one of time.
func awaitEnd(ctx context.Context, box *sandbox.Host, pid int, output *Output, limits RunLimits) (stopped string, late bool) {
	over := time.After(limits.Time)
	for wait := firstPoll; ; wait = min(2*wait, lastLook) {
		if _, ended := box.Exit(pid); ended {
			return "", false
		}
		if output.Total() > limits.OutputBytes {
			return passed(box, output, limits), false
		}
		select {
		case <-poll.After(wait):
		case <-over:
			return fmt.Sprintf("it did not end within %v", limits.Time), true
		case <-box.Gone():
			return "its init was ended", false
		case <-ctx.Done():
			return "forkproof was interrupted", false
		}
	}
}

// passed says which limit a command has passed that shows without time.
func passed(box *sandbox.Host, output *Output, limits RunLimits) string {
	switch n := box.Overgrown(); {
	case n > 0:
		return fmt.Sprintf("it grew to %d processes", n)
	case box.OutOfMemory():
		return fmt.Sprintf("it used more memory than %d bytes", limits.MemoryBytes)
	case output.Total() > limits.OutputBytes:
		return fmt.Sprintf("it printed more than %d bytes", limits.OutputBytes)
	}
	return ""
}
