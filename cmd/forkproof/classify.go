package main

import (
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/formats"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets"
)

// classifyFlags are the flags of classify.
type classifyFlags struct {
	target, json string
	startLimit   time.Duration
	sandbox      sandboxFlags
}

func newClassify() *cobra.Command {
	var f classifyFlags
	cmd := &cobra.Command{
		Use:   "classify [flags] [-- CMD ARG...]",
		Short: "Tell which concurrency model a server has",
		Long: `classify starts the server that CMD names, connects up to 20 clients that say
nothing, and tells from who holds which connection, and in which call, whether the
server is iterative, forking, double-fork, exec, prefork, threads, thread-pool,
select, poll, epoll or hybrid; and whether it is sure. Which protocol the server
speaks does not matter.

Exit status: 0 it has told, 1 the server never listens, 2 wrong usage, 3 it could
not be seen, 130 interrupted.`,
		Example: `  forkproof classify -- ./server {port}
  forkproof classify --json - -- python3 threaded.py {port}`,
		Args: commandAfterDash,
		RunE: func(cmd *cobra.Command, args []string) error { return classify(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.target, "target", "", "classify the built-in server `NAME`")
	flags.StringVar(&f.json, "json", "", "write the result as JSON to `FILE`; - for standard output")
	flags.DurationVar(&f.startLimit, "start-limit", targets.DefaultLimits().Start, "how long the server may take to listen")
	f.sandbox.add(flags)
	completeTargets(cmd)
	return cmd
}

func classify(cmd *cobra.Command, f classifyFlags, args []string) (err error) {
	if f.startLimit <= 0 {
		return usage("--start-limit %v: give a time above 0, as in 30s", f.startLimit)
	}
	if err := f.sandbox.check(); err != nil {
		return err
	}
	var file *formats.File
	if f.json != "" && f.json != "-" {
		if file, err = formats.OpenFile(f.json); err != nil {
			return &usageError{err}
		}
		defer func() { err = errors.Join(err, file.Close()) }()
	}
	check := checkFlags{target: f.target}
	command, err := check.server(cmd, args)
	if err != nil {
		return err
	}
	f.sandbox.apply(&command)
	config := harness.Config{
		Command: command, Model: harness.Auto, Protocol: harness.Silent, Seed: drawSeed(), Limits: harness.DefaultLimits(),
	}
	config.Limits.Start = f.startLimit
	config.Limits.MemoryBytes, config.Limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	run, err := harness.New(config)
	if err != nil {
		return &usageError{err}
	}
	design, err := run.Told(cmd.Context())
	err = errors.Join(err, run.Close())
	var silent *harness.NeverListened
	switch {
	case errors.As(err, &silent):
		complain(err)
		return exitCode(1)
	case err != nil:
		return err
	}
	switch {
	case f.json == "-": // in place of the words
		return report.WriteDesignJSON(cmd.OutOrStdout(), design)
	case file != nil:
		if err := file.Replace(func(w io.Writer) error { return report.WriteDesignJSON(w, design) }); err != nil {
			return err
		}
	}
	return report.WriteDesign(cmd.OutOrStdout(), design)
}
