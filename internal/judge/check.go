// Package judge runs forkproof check as a child process and reads its result.
package judge

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stopLimit is the time between SIGTERM and SIGKILL when a context ends:
// forkproof ends every process of the server in it.
const stopLimit = 15 * time.Second

// A Check is one run of forkproof check.
type Check struct {
	// Forkproof is the path of the program.
	Forkproof string
	// Flags are those of check, without --json.
	Flags []string
	// Command is the server's argument vector. If it is empty, the flags select
	// the server.
	Command []string
	// Dir is the working directory; empty means the caller's.
	Dir string
	// Env is the environment; nil means the caller's.
	Env []string
	// Launcher is the argument vector of a program that executes the argument
	// vector behind its own, as nice(1) does; nil means none.
	Launcher []string
	// Attributes are credentials, namespaces and other attributes of the process;
	// nil means the caller's. Run adds the parent-death signal SIGKILL.
	Attributes *syscall.SysProcAttr
}

// Run runs the check and returns its outcome. A server that does not conform is
// no error. The error says in one sentence why there is no result that can be
// relied on, and wraps the cause of ctx if that ended the check; the outcome then
// holds what is known. When ctx ends, forkproof receives SIGTERM, so that it can
// end the server.
func (c Check) Run(ctx context.Context) (Outcome, error) {
	cmd := c.command(ctx)
	stdout, stderr := head{limit: maxResult}, tail{limit: maxMessages}
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return Outcome{ExitCode: -1}, fmt.Errorf("start forkproof check: %w", err)
	}
	o := Outcome{OwnProcessorTime: ownProcessorTime(cmd.Process.Pid), Took: time.Since(begin)}
	err := cmd.Wait()
	o.Stderr, o.Stdout = stderr.String(), stdout.data
	o.ended(cmd.ProcessState)
	if stdout.exceeded {
		return o, fmt.Errorf("forkproof check wrote more than %d MiB", maxResult>>20)
	}
	unread := o.read()
	switch {
	case unread == nil:
		return o, nil // although ctx may have ended since
	case ctx.Err() != nil:
		return o, fmt.Errorf("forkproof check was stopped after %v: %w", o.Took.Round(time.Millisecond), context.Cause(ctx))
	case err != nil && !errors.As(err, new(*exec.ExitError)):
		return o, fmt.Errorf("wait for forkproof check: %w", err)
	}
	return o, unread
}

// command returns the child process, not started.
func (c Check) command(ctx context.Context) *exec.Cmd {
	args := slices.Concat(c.Launcher, []string{c.Forkproof, "check", "--json", "-"}, c.Flags)
	if len(c.Command) > 0 {
		args = slices.Concat(args, []string{"--"}, c.Command)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	if c.Attributes != nil {
		*cmd.SysProcAttr = *c.Attributes
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	cmd.WaitDelay = stopLimit
	return cmd
}
