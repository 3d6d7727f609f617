package main

import (
	"errors"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/faults/schedule"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
)

// injectFlags are those of the command inject.
type injectFlags struct {
	file            string
	at, every, stop time.Duration
	times           int
	probability     float64
	seed            uint64
	port            int
	sandbox         sandboxFlags
	raw             bool
}

func newInject() *cobra.Command {
	var f injectFlags
	cmd := &cobra.Command{
		Use:   "inject RULE... -- CMD ARG...",
		Short: "Run a server with faults armed",
		Long: `inject runs the server that CMD names, kept from the machine as check does
but for the network, which is the machine's, and injects faults into it while you
use it. It prints each hit, and the server's output with control characters
escaped. Ctrl-C ends the server and prints a summary.

` + schedule.Usage() + `
{port} in CMD is replaced by the port. Exit status: 0 after --stop-after, 1 when
the server ended by itself, 2 wrong usage, 3 a fault could not be injected,
130 interrupted, the usual end.`,
		Example: `  forkproof inject accept:error=EMFILE:times=3 -- ./server {port}
  forkproof inject write:short=100:probability=0.1 fork:delay=300ms --seed 7 -- ./server {port}
  forkproof inject --file night.yaml --port 7007 -- ./server {port}`,
		RunE: func(cmd *cobra.Command, args []string) error { return inject(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.file, "file", "f", "", "read further rules from `FILE` (YAML: a list named rules, and seed)")
	flags.DurationVar(&f.at, "at", 0, "when faults begin, counted from when the server listens")
	flags.DurationVar(&f.every, "every", 0, "how often each begins again; a rule about calls hits once each time")
	flags.IntVar(&f.times, "times", 0, "how often each hits; 0: no bound")
	flags.Float64Var(&f.probability, "probability", 1, "of each hit")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the probabilities")
	flags.IntVar(&f.port, "port", 0, "TCP port that {port} stands for; 0: a free one")
	f.sandbox.add(flags)
	flags.BoolVar(&f.raw, "raw", false, "print the server's output as it is; it may control the terminal")
	flags.DurationVar(&f.stop, "stop-after", 0, "end after this time; 0: run until Ctrl-C")
	return cmd
}

func inject(cmd *cobra.Command, f injectFlags, args []string) error {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		return usage("no server was given: name it after the rules and --, as in: forkproof inject fork:error=EAGAIN -- ./server {port}")
	}
	rules, err := f.rules(cmd, args[:dash])
	if err != nil {
		return err
	}
	if err := f.sandbox.check(); err != nil {
		return err
	}
	command := targets.Command{Args: args[dash:]}
	f.sandbox.apply(&command)
	var wrong *targets.CommandError
	if err := targets.CanRun(cmd.Context(), command); errors.As(err, &wrong) {
		return &usageError{wrong}
	} else if err != nil {
		return err
	}
	if f.port != 0 && !schedule.NeedOwnNetwork(rules) {
		if err := checkPort(f.port); err != nil {
			return err
		}
	}
	return f.run(cmd, command, rules)
}

// run starts the server, and applies the rules until the end.
func (f *injectFlags) run(cmd *cobra.Command, command targets.Command, rules []schedule.Rule) error {
	limits := targets.DefaultLimits()
	limits.MemoryBytes, limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	streams := targets.Streams{In: os.Stdin, Out: cmd.OutOrStdout()}
	if !f.raw {
		escaper := report.NewEscaper(cmd.OutOrStdout())
		defer func() { _ = escaper.Close() }() // the last line may have no end
		streams.Out = escaper
	}
	host, server, err := schedule.Start(cmd.Context(), command, uint16(f.port), limits, streams, rules)
	if host != nil {
		defer func() {
			_ = host.Close()
			if server != nil {
				<-server.Output().Done() // all of it is printed
			}
		}()
	}
	var silent *targets.NotListening
	if errors.As(err, &silent) {
		interrupted.wait()
		complain(errors.New(report.Line(silent.Reason)))
		return exitCode(1)
	}
	if err != nil {
		interrupted.wait()
		return err
	}
	engine := schedule.New(server, rules, f.seed, cmd.OutOrStdout())
	interrupted.tidy(engine.Summary)
	err = engine.Run(cmd.Context(), f.stop)
	interrupted.wait()
	engine.Summary()
	if errors.Is(err, schedule.ErrServerEnded) {
		return exitCode(1)
	}
	return err
}

// rules returns those of the command line and then those of the file.
func (f *injectFlags) rules(cmd *cobra.Command, texts []string) ([]schedule.Rule, error) {
	switch {
	case f.port < 0 || f.port > 65535:
		return nil, usage("--port %d: a TCP port is a number from 1 to 65535", f.port)
	case f.at < 0 || f.every < 0 || f.stop < 0 || f.times < 0:
		return nil, usage("--at, --every, --stop-after and --times cannot be negative")
	case !(f.probability > 0 && f.probability <= 1):
		return nil, usage("--probability %v: give a number above 0 and up to 1", f.probability)
	}
	defaults := schedule.Rule{At: f.at, Every: f.every, Times: f.times, Probability: f.probability, Scope: schedule.All}
	var rules []schedule.Rule
	for _, text := range texts {
		one, err := schedule.Parse(text, defaults)
		if err != nil {
			return nil, &usageError{err}
		}
		rules = append(rules, one)
	}
	if f.file != "" {
		file, err := readRules(f.file, defaults)
		if err != nil {
			return nil, usage("%s: %w", f.file, err)
		}
		rules = append(rules, file.Rules...)
		if file.Seed != 0 && !cmd.Flags().Changed("seed") {
			f.seed = file.Seed
		}
	}
	if len(rules) == 0 {
		return nil, usage("no rule was given, as in: forkproof inject fork:error=EAGAIN -- ./server {port}; forkproof inject --help lists them")
	}
	return rules, nil
}

func readRules(path string, defaults schedule.Rule) (schedule.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return schedule.File{}, err
	}
	defer func() { _ = file.Close() }()
	return schedule.ReadFile(file, defaults)
}
