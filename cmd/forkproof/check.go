package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/diagnose"
	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/report"
	_ "github.com/forkproof/forkproof/suite" // the catalogue
	"github.com/forkproof/forkproof/suite/chaos"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/lesson"
	"github.com/forkproof/forkproof/suite/turns"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// defaultTimeLimit is many times what a check of any server known takes.
const defaultTimeLimit = 5 * time.Minute

// checkFlags are the flags of check.
type checkFlags struct {
	target          string
	model, protocol string
	greeting, reply string
	sends           []string
	path, post      string
	dialogue        string // the file
	talk            *dialogue.Dialogue
	inetd           bool
	strict, first   bool
	only, skip      []string
	inFull          []string // what of only the person has named
	rubric          string
	points          *rubric.Rubric
	outputs         outputFlags
	jobs, checks    int
	seed            uint64
	chaos           int
	startLimit      time.Duration
	timeLimit       time.Duration
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
  forkproof check --model threads --only concurrency -- python3 threaded.py
  forkproof check --protocol http --path /index.html -- ./httpd {port}
  forkproof check --protocol silent -- ./smtpd {port}
  forkproof check --dialogue schedule.yaml -- ./schedule {port}
  forkproof check --rubric rubric.yaml -- ./server {port}
  forkproof check --json result.json --html result.html -- ./server {port}`,
		Args: commandAfterDash,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.inFull = f.only
			args, err := f.applyRubric(cmd, args) // sets flags, before f is copied
			if err != nil {
				return err
			}
			return check(cmd, f, args)
		},
	}
	f.add(cmd.Flags())
	completeTargets(cmd)
	return cmd
}

// add defines the flags of check.
func (f *checkFlags) add(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.target, "target", "", "judge the built-in server `NAME`, by its own model unless --model is given")
	flags.StringVar(&f.model, "model", string(harness.Forking), "design the server is judged by: forking; iterative; prefork, threads or event; any; or auto, the one that it turns out to have")
	flags.StringVar(&f.protocol, "protocol", string(harness.Echo), "protocol it speaks: echo; line, a line for each line; http; learned, whatever it replies to --send; dialogue, what the file of --dialogue has; or silent for any other: nothing is sent")
	flags.StringVar(&f.reply, "reply", "", "what --protocol line expects for a line: "+strings.Join(protocol.Answers(), ", ")+" line")
	flags.StringArrayVar(&f.sends, "send", nil, "what --protocol learned sends: `TEXT` with \\n for a line end; calm clients learn the reply (repeatable, sent in turn)")
	flags.StringVar(&f.path, "path", "", "what --protocol http asks for: a `PATH` of the server, / without it")
	flags.StringVar(&f.post, "http-post", "", "a `PATH` that takes bodies of POST requests, for http/post")
	flags.StringVar(&f.dialogue, "dialogue", "", "what clients send and must hear: a dialogue `FILE`, as forkproof record writes it; --protocol dialogue goes without saying")
	flags.StringVar(&f.greeting, "greeting", "", "what it says to a client first: `TEXT` with \\n for a line end, or any to learn it")
	flags.BoolVar(&f.inetd, "inetd", false, "the program speaks on its descriptors 0 and 1: forkproof accepts, and starts it for each client, as inetd does")
	flags.BoolVar(&f.strict, "strict", false, "count advice as failure")
	flags.StringSliceVar(&f.only, "only", nil, "judge only this requirement, chapter or level, as in reaping/one, reaping, MUST, 'reaping/*' (repeatable)")
	flags.StringSliceVar(&f.skip, "skip", nil, "leave out this requirement, chapter or level (repeatable)")
	flags.BoolVar(&f.first, "first", false, "end after the first chapter in which a requirement failed")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "judge `N` requirements at once, and more while servers sleep; without it one for each processor, or 1 where servers share a network")
	flags.IntVar(&f.checks, "checks", 1, "`N` checks run at once, and share the memory for servers that sleep")
	_ = flags.MarkHidden("checks") // only for forkproof grade
	flags.StringVar(&f.rubric, "rubric", "", "judge by the rubric in `FILE`, and show the points that the server earns")
	f.outputs.add(flags)
	flags.Uint64Var(&f.seed, "seed", 0, "seed of the data that clients send, and of the faults of --chaos; drawn anew without it")
	flags.IntVar(&f.chaos, "chaos", 0, "after the catalogue, disturb the server with `N` random faults")
	flags.DurationVar(&f.startLimit, "start-limit", targets.DefaultLimits().Start, "how long the server may take to listen")
	flags.DurationVar(&f.timeLimit, "time-limit", defaultTimeLimit, "end the check after that long, and tell what was judged; 0 for no limit")
	f.sandbox.add(flags)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print the steps of what passed, too")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only what failed, and the verdict")
	flags.BoolVar(&f.noColor, "no-color", false, "print no colours")
}

func check(cmd *cobra.Command, f checkFlags, args []string) error {
	outputs, err := f.validate()
	if err != nil {
		return err
	}
	if err := f.readDialogue(cmd.Flags()); err != nil {
		return err
	}
	command, err := f.server(cmd, args)
	if err != nil {
		return err
	}
	f.sandbox.apply(&command)
	if !cmd.Flags().Changed("seed") {
		f.seed = drawSeed()
	}
	options := textOptions(f)
	text := report.NewText(textWriter(cmd, outputs), options)
	config := configure(f, command, text)
	if f.inetd {
		if config.Inetd, err = f.acceptor(cmd, args); err != nil {
			return err
		}
	}
	if len(args) == 0 {
		config.BuiltIn = filepath.Base(command.Args[0])
	}
	if config.Protocol == harness.Learned {
		if config.Lesson, err = lesson.Learn(cmd.Context(), config); err != nil {
			return &usageError{err}
		}
	}
	run, err := harness.New(config)
	if err != nil {
		return &usageError{err}
	}
	if err := outputs.removeOld(); err != nil {
		return &usageError{err}
	}
	interrupted.tidy(text.Stop)
	// What was judged is told and written before forkproof ends.
	interrupted.await(func() { _ = outputs.write(cmd.OutOrStdout(), run.Result()) })
	defer interrupted.finish()
	return judge(cmd, f, run, config, text, outputs)
}

// validate returns the outputs that were asked for, or what is wrong with the flags.
func (f checkFlags) validate() (outputs, error) {
	switch {
	case f.verbose && f.quiet:
		return nil, usage("-v and -q exclude each other")
	case f.jobs < 0:
		return nil, usage("--jobs %d: give the number of requirements to judge at once, as in 2", f.jobs)
	case f.startLimit <= 0:
		return nil, usage("--start-limit %v: give a time above 0, as in 30s", f.startLimit)
	case f.timeLimit < 0:
		return nil, usage("--time-limit %v: give a time, as in 2m, or 0 for no limit", f.timeLimit)
	case f.chaos < 0:
		return nil, usage("--chaos %d: give the number of faults, as in 20", f.chaos)
	}
	list, err := f.outputs.parse()
	if err != nil {
		return nil, err
	}
	if err := f.sandbox.check(); err != nil {
		return nil, err
	}
	if isolation := sandbox.Probe(); f.jobs > 1 && !isolation.Network {
		return nil, usage("--jobs %d: with isolation %s all servers share one network, and only one can have the port: leave --jobs out", f.jobs, isolation)
	}
	return list, nil
}

// mostJobs is where more jobs make no check shorter: the longest requirement does not.
const mostJobs = 8

// atOnce returns how many requirements are judged at once, and how many while servers sleep.
func (f checkFlags) atOnce() (jobs, most int) {
	switch {
	case !sandbox.Probe().Network:
		return 1, 1
	case f.jobs > 0:
		jobs = f.jobs
	default:
		jobs = min(runtime.GOMAXPROCS(0), mostJobs)
	}
	return jobs, turns.MostAsleep(sandbox.Memory(), uint64(f.sandbox.memory)) / max(1, f.checks)
}

// configure returns the settings of the run, which tells its course to text.
func configure(f checkFlags, command targets.Command, text *report.Text) harness.Config {
	config := harness.Config{
		Command: command, Model: harness.Model(f.model), Protocol: harness.Protocol(f.protocol), Greeting: f.greeting,
		Reply: f.reply, Sends: f.sends, Path: f.path, Post: f.post, Dialogue: f.talk,
		Strict: f.strict, First: f.first, Only: f.only, Skip: f.skip, Seed: f.seed, TimeLimit: f.timeLimit,
		Limits: harness.DefaultLimits(), Version: versionText(), SHA256: command.Hash(),
	}
	config.Jobs, config.MostJobs = f.atOnce()
	config.Limits.Start = f.startLimit
	config.Limits.MemoryBytes, config.Limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	config.OnStart = func(r report.Requirement) { text.RequirementStarted(r.ID, r.Title) }
	var ids []string
	for _, e := range config.Selected() {
		ids = append(ids, e.ID)
	}
	config.OnDone = report.InOrder(ids, text.RequirementDone)
	return config
}

// judge judges the server, prints the verdicts and writes the result.
func judge(cmd *cobra.Command, f checkFlags, run *harness.Run, config harness.Config, text *report.Text, outputs outputs) error {
	heading := run.Heading()
	total := len(run.Selected())
	if f.chaos > 0 {
		total++
	}
	text.Begin(heading.Tool, heading.Target, heading.Environment, total)
	result := run.Judge(cmd.Context())
	if f.chaos > 0 && cmd.Context().Err() == nil && result.Of("launch/listens").Verdict != report.Fail {
		addChaos(cmd.Context(), run, config, f, &result)
	}
	run.Locate(cmd.Context())
	if err := run.Close(); err != nil {
		text.Stop()
		return fmt.Errorf("not everything of the server could be ended: %w", err)
	}
	if err := diagnose.Diagnose(&result, harness.BuildsOn()); err != nil {
		return err
	}
	if f.points != nil {
		result.Grade = score.Of(f.points, result).Report(f.points)
	}
	if err := text.End(result); err != nil {
		return err
	}
	interrupted.claim()
	if err := outputs.write(cmd.OutOrStdout(), result); err != nil {
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
