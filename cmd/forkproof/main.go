// Command forkproof judges concurrent TCP servers: it starts one, drives clients at
// it, injects faults, and reads the state of its processes and descriptors from the
// kernel.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// Exit codes; see the README.
const (
	exitUsage       = 2
	exitNotJudged   = 3
	exitInterrupted = 130
)

// version is set by the linker in a release.
var version = "devel"

// gcPercent lets the heap, a few MiB, grow further before it is collected:
// while the collector runs, forkproof takes processor time from the server.
const gcPercent = 800

// memoryLimit is where the heap does not grow further before it is collected. A
// server's 125 processes with 1,000 sockets each, which is the most that the sandbox
// lets it have, are about 100 MiB of what is in use.
const memoryLimit = 256 << 20

func main() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	debug.SetTraceback("crash") // a throw of the runtime ends by SIGABRT: 2 is wrong usage
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	ctx, interrupted := onInterrupt(context.Background())
	root := newRoot()
	root.SetArgs(args)
	var err error
	crash.Guarded(func() { err = root.ExecuteContext(ctx) })()
	interrupted.wait()
	sandbox.CloseAll()
	interrupted.wait()
	var code exitCode
	var wrong *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &wrong):
		complain(err)
		return exitUsage
	default:
		complain(err)
		return exitNotJudged
	}
}

// complain prints one sentence on standard error.
// Where it is about a place in a file, it shows the line, too.
func complain(err error) {
	_, _ = fmt.Fprintln(os.Stderr, "forkproof: "+report.Line(err.Error()))
	var wrong *dialogue.Mistake
	if errors.As(err, &wrong) {
		_, _ = fmt.Fprintln(os.Stderr, report.Block(wrong.Excerpt()))
	}
}

// An exitCode ends forkproof with nothing more to say.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit status %d", int(c)) }

// A usageError is a mistake in the command line.
type usageError struct{ error }

func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// Unwrap returns the cause.
func (e *usageError) Unwrap() error { return e.error }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "forkproof",
		Short: "Judge a concurrent TCP server by what the kernel shows",
		Long: `forkproof starts a TCP server, drives concurrent clients at it, provokes the
cases that forking servers get wrong, and reads the state of its processes and
descriptors from /proc.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q: forkproof --help lists them; to judge a server: forkproof check -- %s", args[0], args[0])
			}
			return cmd.Help()
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage("%w: %s --help lists the flags", err, cmd.CommandPath())
	})
	root.AddCommand(newCheck(), newReport(), newList(), newExplain(), newClassify(), newServe(), newInject(), newRecord(), newLook(), newTrace(), newDoctor(), newVersion(), newAcceptFor(),
		newGrade(), newRescore(), newMerge(), newHistory(), newRubric())
	return root
}
