package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite"
	"github.com/forkproof/forkproof/targets"
)

// checkFlags are the flags of check.
type checkFlags struct {
	target          string
	model, protocol string
	strict          bool
	only, skip      []string
	json, junit     string
	seed            uint64
	chaos           int
	startLimit      time.Duration
	sandbox         sandboxFlags
	verbose, quiet  bool
	noColor         bool
}

func newCheck() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [flags] [-- CMD ARG...]",
		Short: "Judge one server; with no CMD, the built-in reference",
		Long: `check starts the server that CMD names, once per requirement, and judges it.
--target names a built-in server instead; forkproof list targets lists them.

{port} in CMD is replaced by a free port. Without it, forkproof finds the
port by itself: the listening socket that belongs to the server's processes.

Exit status: 0 conformant, 1 at least one requirement failed, 2 wrong usage,
3 not judged, 130 interrupted.`,
		Example: `  forkproof check -- ./server {port}
  forkproof check --model any --only concurrency -- python3 threaded.py
  forkproof check --target reap-once --only reaping
  forkproof check --json result.json --junit result.xml -- ./server {port}`,
		Args: commandAfterDash,
		RunE: func(cmd *cobra.Command, args []string) error { return check(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.target, "target", "", "judge the built-in server `NAME`, by its own model unless --model is given")
	flags.StringVar(&f.model, "model", string(suite.Forking), "design the server is judged by: forking or any")
	flags.StringVar(&f.protocol, "protocol", string(suite.Echo), "protocol it speaks: echo")
	flags.BoolVar(&f.strict, "strict", false, "count advice as failure")
	flags.StringSliceVar(&f.only, "only", nil, "judge only this requirement or chapter (repeatable)")
	flags.StringSliceVar(&f.skip, "skip", nil, "leave out this requirement or chapter (repeatable)")
	flags.StringVar(&f.json, "json", "", "write the result to `FILE`; - for standard output")
	flags.StringVar(&f.junit, "junit", "", "write the result as JUnit XML to `FILE`")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the data that clients send, and of the faults of --chaos")
	flags.IntVar(&f.chaos, "chaos", 0, "after the catalogue, disturb the server with `N` random faults")
	flags.DurationVar(&f.startLimit, "start-limit", targets.DefaultLimits().Start, "how long the server may take to listen")
	f.sandbox.add(flags)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print the steps of what passed, too")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only what failed, and the verdict")
	flags.BoolVar(&f.noColor, "no-color", false, "print no colours")
	completeTargets(cmd)
	return cmd
}

func check(cmd *cobra.Command, f checkFlags, args []string) error {
	if f.verbose && f.quiet {
		return usage("-v and -q exclude each other")
	}
	if f.startLimit <= 0 {
		return usage("--start-limit %v: give a time above 0, as in 30s", f.startLimit)
	}
	for _, path := range []string{f.json, f.junit} {
		if path != "" && path != "-" {
			if err := report.CheckPath(path); err != nil {
				return &usageError{err}
			}
		}
	}
	if err := f.sandbox.check(); err != nil {
		return err
	}
	command, err := f.server(cmd, args)
	if err != nil {
		return err
	}
	command.Conditions.Env = f.sandbox.env
	config, err := configure(f, command)
	if err != nil {
		return err
	}
	text := report.NewText(textWriter(cmd, f), textOptions(f))
	interrupted.tidy(text.Stop)
	return judge(cmd, f, config, text)
}

func configure(f checkFlags, command targets.Command) (suite.Config, error) {
	config := suite.Config{
		Command: command, Model: suite.Model(f.model), Protocol: suite.Protocol(f.protocol),
		Strict: f.strict, Only: f.only, Skip: f.skip, Seed: f.seed, Chaos: f.chaos,
		Limits: suite.DefaultLimits(), Version: versionText(),
	}
	config.Limits.Start = f.startLimit
	config.Limits.MemoryBytes, config.Limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	config.SHA256 = hashOf(command)
	if err := suite.Configure(config); err != nil {
		return config, &usageError{err}
	}
	return config, nil
}

// judge runs the suite and prints the result.
func judge(cmd *cobra.Command, f checkFlags, config suite.Config, text *report.Text) error {
	config.OnStart = func(r report.Requirement) {
		runtime.GOMAXPROCS(processors(r.ID))
		text.RequirementStarted(r.ID, r.Title)
	}
	config.OnDone = text.RequirementDone
	if err := suite.Configure(config); err != nil {
		return err
	}
	heading := suite.Heading()
	text.Begin(heading.Tool, heading.Target, heading.Environment, suite.Selected())
	result, err := suite.Run()
	interrupted.wait()
	if err != nil {
		text.Stop()
		return fmt.Errorf("not everything of the server could be ended: %w", err)
	}
	if err := text.End(result); err != nil {
		return err
	}
	if err := write(cmd, f, result); err != nil {
		return err
	}
	if code := result.ExitCode(); code != 0 {
		return exitCode(code)
	}
	return nil
}

// traced are the chapters that inject faults into system calls of the server.
var traced = []string{"faults", "chaos"}

// processors returns how many of forkproof's threads run at once while a requirement
// is judged. forkproof mostly waits for the server: a second thread would wake and
// sleep thousands of times, for a twelfth more processor time and no shorter check.
// But a tracer and the reader of /proc must run at the same time: in turn, the
// reader would always see a stopped server.
func processors(id string) int {
	if chapter, _, _ := strings.Cut(id, "/"); slices.Contains(traced, chapter) {
		return 2
	}
	return 1
}

func write(cmd *cobra.Command, f checkFlags, result report.Result) error {
	switch f.json {
	case "":
	case "-":
		if err := report.WriteJSON(cmd.OutOrStdout(), result); err != nil {
			return err
		}
	default:
		if err := report.WriteJSONFile(f.json, result); err != nil {
			return err
		}
	}
	switch f.junit {
	case "":
		return nil
	case "-":
		return report.WriteJUnit(cmd.OutOrStdout(), result)
	}
	return report.WriteJUnitFile(f.junit, result)
}

// textWriter returns standard output, unless a result is written there.
func textWriter(cmd *cobra.Command, f checkFlags) io.Writer {
	if f.json == "-" || f.junit == "-" {
		return io.Discard
	}
	return cmd.OutOrStdout()
}

func textOptions(f checkFlags) report.Options {
	terminal := term.IsTerminal(int(os.Stdout.Fd()))
	width := 0
	if terminal {
		width, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	return report.Options{
		Style: report.Style{
			Color: report.ColorFor(terminal, f.noColor, os.Getenv),
			ASCII: report.ASCIIFor(os.Getenv),
			Width: width,
		},
		Verbose: f.verbose,
		Quiet:   f.quiet,
		Live:    report.LiveFor(terminal, os.Getenv),
	}
}
