package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	_ "github.com/forkproof/forkproof/suite" // the catalogue
	"github.com/forkproof/forkproof/suite/chaos"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// checkFlags are what the person asked for.
type checkFlags struct {
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

{port} in CMD is replaced by a free port. Without it, forkproof finds the
port by itself: the listening socket that belongs to the server's processes.

Exit status: 0 conformant, 1 at least one requirement failed, 2 wrong usage,
3 not judged, 130 interrupted.`,
		Example: `  forkproof check -- ./server {port}
  forkproof check --model any --only concurrency -- python3 threaded.py
  forkproof check --json result.json --junit result.xml -- ./server {port}`,
		Args: commandAfterDash,
		RunE: func(cmd *cobra.Command, args []string) error { return check(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.model, "model", string(harness.Forking), "design the server is judged by: forking or any")
	flags.StringVar(&f.protocol, "protocol", string(harness.Echo), "protocol it speaks: echo")
	flags.BoolVar(&f.strict, "strict", false, "take advice for failure")
	flags.StringSliceVar(&f.only, "only", nil, "judge only this requirement or chapter (repeatable)")
	flags.StringSliceVar(&f.skip, "skip", nil, "leave out this requirement or chapter (repeatable)")
	flags.StringVar(&f.json, "json", "", "write the result to `FILE`; - for standard output")
	flags.StringVar(&f.junit, "junit", "", "write the result as JUnit XML to `FILE`")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the data that clients send, and of the faults of --chaos")
	flags.IntVar(&f.chaos, "chaos", 0, "after the catalogue, disturb the server with `N` random faults")
	flags.DurationVar(&f.startLimit, "start-limit", targets.DefaultLimits().Start, "how long the server may take to listen")
	f.sandbox.add(flags)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "tell the steps of what passed, too")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "tell only what failed, and the verdict")
	flags.BoolVar(&f.noColor, "no-color", false, "print no colours")
	return cmd
}

// commandAfterDash refuses arguments before --, so that no flag of the server
// is taken for one of forkproof's.
func commandAfterDash(cmd *cobra.Command, args []string) error {
	if dash := cmd.ArgsLenAtDash(); len(args) > 0 && dash != 0 {
		return usage("unexpected %q: the server's command goes after --, as in: %s -- %s", args[0], cmd.CommandPath(), args[0])
	}
	return nil
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
	command, err := serverCommand(cmd.Context(), args)
	if err != nil {
		return err
	}
	command.Conditions.Env = f.sandbox.env
	if f.chaos < 0 {
		return usage("--chaos %d: give the number of faults, as in 20", f.chaos)
	}
	text := report.NewText(textWriter(cmd, f), textOptions(f))
	config := configure(f, command, text)
	run, err := harness.New(config)
	if err != nil {
		return &usageError{err}
	}
	interrupted.tidy(text.Stop)
	return judge(cmd, f, run, config, text)
}

// serverCommand is the command after --, or that of the built-in reference.
func serverCommand(ctx context.Context, args []string) (targets.Command, error) {
	if len(args) == 0 {
		command, err := catalog.Command(ctx, catalog.ReferenceName)
		if err != nil {
			return command, &usageError{err}
		}
		return command, nil
	}
	command := targets.Command{Args: args}
	err := targets.CanRun(ctx, command)
	var wrong *targets.CommandError
	if errors.As(err, &wrong) {
		return command, &usageError{wrong}
	}
	return command, err
}

// configure returns the settings of the run, which tells its course to text.
func configure(f checkFlags, command targets.Command, text *report.Text) harness.Config {
	config := harness.Config{
		Command: command, Model: harness.Model(f.model), Protocol: harness.Protocol(f.protocol),
		Strict: f.strict, Only: f.only, Skip: f.skip, Seed: f.seed,
		Limits: harness.DefaultLimits(), Version: versionText(),
	}
	config.Limits.Start = f.startLimit
	config.Limits.MemoryBytes, config.Limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	config.SHA256 = hashOf(command)
	config.OnStart = func(r report.Requirement) {
		runtime.GOMAXPROCS(processors(r.ID))
		text.RequirementStarted(r.ID, r.Title)
	}
	config.OnDone = text.RequirementDone
	return config
}

// hashOf names the program that is judged; empty when it cannot be read.
func hashOf(command targets.Command) string {
	path, err := command.Program()
	if err != nil {
		return ""
	}
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// judge judges the server and tells the verdicts.
func judge(cmd *cobra.Command, f checkFlags, run *harness.Run, config harness.Config, text *report.Text) error {
	heading := run.Heading()
	total := len(run.Selected())
	if f.chaos > 0 {
		total++
	}
	text.Begin(heading.Tool, heading.Target, heading.Environment, total)
	result := run.Judge(cmd.Context())
	if f.chaos > 0 && result.Of("launch/listens").Verdict != report.Fail {
		addChaos(cmd.Context(), run, config, f, &result)
	}
	err := run.Close()
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

// addChaos disturbs the server with random faults and adds the verdict.
func addChaos(ctx context.Context, run *harness.Run, config harness.Config, f checkFlags, result *report.Result) {
	config.OnStart(chaos.Requirement(f.chaos, f.seed).Result())
	verdict := chaos.Judge(ctx, run, f.chaos, f.seed)
	config.OnDone(verdict)
	result.Requirements = append(result.Requirements, verdict)
	result.Summarise()
	result.DurationMS += verdict.DurationMS
}

// traced are the chapters in which calls of the server are injected with faults.
var traced = []string{"faults", "chaos"}

// processors is how many of forkproof's goroutines run at once while a requirement
// is judged. It mostly waits for the server: a second one would be woken and sent
// to sleep again thousands of times, for a twelfth more of processor time and no
// shorter check. But a tracer and whoever looks at what it traces must not take
// turns: the server would be seen stopped each time.
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

// textWriter is standard output, unless that is taken by a result.
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
