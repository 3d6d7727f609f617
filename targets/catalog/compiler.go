package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// flags are the compiler's flags for every server.
var flags = []string{"-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"}

// NoCompiler is the error of a machine that has no C compiler.
type NoCompiler struct {
	// Name is the compiler that was not found: $CC, or cc.
	Name string
	// Err is the reason.
	Err error
}

// Error returns one sentence: what is missing, how to install it, what works
// without it.
func (e *NoCompiler) Error() string {
	return fmt.Sprintf("no C compiler found (%s): install one, e.g. apt-get install gcc libc6-dev; "+
		"`forkproof check -- CMD` works without", e.Name)
}

// Unwrap returns the reason.
func (e *NoCompiler) Unwrap() error { return e.Err }

// A compiler is the C compiler of this machine.
type compiler struct {
	command []string // its program and first arguments
	version string   // the output of --version
}

// findCompiler returns $CC, which may have arguments ("ccache gcc"), or cc.
func findCompiler(ctx context.Context) (compiler, error) {
	command := strings.Fields(os.Getenv("CC"))
	if len(command) == 0 {
		command = []string{"cc"}
	}
	program, err := exec.LookPath(command[0])
	if err != nil {
		return compiler{}, &NoCompiler{Name: command[0], Err: err}
	}
	c := compiler{command: append([]string{program}, command[1:]...)}
	version, err := c.run(ctx, "", nil, "--version")
	if err != nil {
		return compiler{}, fmt.Errorf("ask the C compiler for its version: %w", err)
	}
	c.version = string(version)
	return c, nil
}

// run runs the compiler in a folder and returns its output. When ctx ends, it kills
// the compiler and the programs that the compiler runs.
func (c compiler) run(ctx context.Context, dir string, input io.Reader, args ...string) ([]byte, error) {
	args = append(c.command[1:len(c.command):len(c.command)], args...)
	cmd := exec.CommandContext(ctx, c.command[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Stdin = input
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	switch {
	case err == nil:
		return output.Bytes(), nil
	case ctx.Err() != nil:
		return nil, errors.Join(ctx.Err(), err)
	}
	return nil, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(output.Bytes()))
}
