package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/faults/rule"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
)

// injectFlags are what the person asked for.
type injectFlags struct {
	file            string
	at, every, stop time.Duration
	times           int
	probability     float64
	seed            uint64
	port            int
}

func newInject() *cobra.Command {
	var f injectFlags
	cmd := &cobra.Command{
		Use:   "inject RULE... -- CMD ARG...",
		Short: "Run a server with faults armed",
		Long: `inject runs the server that CMD names on this machine's network and injects
faults into it while you use it. Each hit is printed. Ctrl-C ends the server and
prints a summary.

A rule is CALL:ACTION or NAME=VALUE, and options:

  CALL      fork, thread, accept, read, write, wait, close, poll: each a family of
            system calls; of read, write and close those on sockets are meant
  ACTION    error=ERRNO      the call fails
            short=BYTES      read or write transfers no more (512, 64K, 10M)
            delay=DURATION   the call is held up
            pass             nothing: the call is only told
  NAME      signal=NAME      a signal; signal=NAME@CALL: to each process that makes the call
            nofile=N         limit of descriptors; nofile=full: none is left
            memory=BYTES     limit of memory, above what it has now
            processes=N      limit of processes of its user
            freeze=DURATION  SIGSTOP, and SIGCONT later
            crowd=DURATION   its accept queue is full
            loopback=DURATION its network is down; it gets one of its own
            client=reset     a client that sends a byte and resets; client=vanish: that is lost
  options   :times=K  :at=DURATION  :every=DURATION  :probability=P
            :who=all|server|child    :fd=N|any|socket    :for=DURATION (of limits)

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
	flags.StringVarP(&f.file, "file", "f", "", "take further rules from `FILE` (YAML: a list named rules, and seed)")
	flags.DurationVar(&f.at, "at", 0, "when faults begin, counted from when the server listens")
	flags.DurationVar(&f.every, "every", 0, "how often each begins again; a call rule hits once each time")
	flags.IntVar(&f.times, "times", 0, "how often each hits; 0: no bound")
	flags.Float64Var(&f.probability, "probability", 1, "of each hit")
	flags.Uint64Var(&f.seed, "seed", 1, "seed of the chances")
	flags.IntVar(&f.port, "port", 0, "TCP port that {port} stands for; 0: a free one")
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
	command := targets.Command{Args: args[dash:]}
	var wrong *targets.CommandError
	if err := targets.CanRun(cmd.Context(), command); errors.As(err, &wrong) {
		return &usageError{wrong}
	} else if err != nil {
		return err
	}
	host, server, err := f.start(cmd.Context(), rules, command)
	if host != nil {
		defer func() { _ = host.Close() }()
	}
	if err != nil {
		interrupted.wait()
		return err
	}
	c := newConductor(server, rules, f.seed, cmd.OutOrStdout())
	interrupted.tidy(c.log.summary)
	err = c.run(cmd.Context(), f.stop)
	interrupted.wait()
	c.log.summary()
	return err
}

// rules are those of the command line and of the file, in this order.
func (f *injectFlags) rules(cmd *cobra.Command, texts []string) ([]rule.Rule, error) {
	switch {
	case f.port < 0 || f.port > 65535:
		return nil, usage("--port %d: a TCP port is a number from 1 to 65535", f.port)
	case f.at < 0 || f.every < 0 || f.stop < 0 || f.times < 0:
		return nil, usage("--at, --every, --stop-after and --times cannot be negative")
	case !(f.probability > 0 && f.probability <= 1):
		return nil, usage("--probability %v: give a number above 0 and up to 1", f.probability)
	}
	defaults := rule.Rule{At: f.at, Every: f.every, Times: f.times, Probability: f.probability, Who: rule.All}
	var rules []rule.Rule
	for _, text := range texts {
		one, err := rule.Parse(text, defaults)
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
		return nil, usage("no rule was given, as in: forkproof inject fork:error=EAGAIN -- ./server {port}; forkproof inject --help tells more")
	}
	return rules, nil
}

func readRules(path string, defaults rule.Rule) (rule.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return rule.File{}, err
	}
	defer func() { _ = file.Close() }()
	return rule.ReadFile(file, defaults)
}

// start runs the server: on the machine's network, where the person reaches
// it, unless that is to go down.
func (f *injectFlags) start(ctx context.Context, rules []rule.Rule, command targets.Command) (*targets.Host, *targets.Server, error) {
	own := false
	for _, r := range rules {
		if _, down := r.Action.(rule.Loopback); down {
			own = true
		}
	}
	var host *targets.Host
	var err error
	if own {
		host, err = targets.NewHost(ctx, targets.DefaultLimits())
	} else {
		if f.port != 0 {
			if err := checkPort(f.port); err != nil {
				return nil, nil, err
			}
		}
		host, err = targets.NewSharedHost(ctx, targets.DefaultLimits(), uint16(f.port))
	}
	if err != nil {
		return nil, nil, err
	}
	server, err := host.StartByHand(ctx, command, targets.Streams{In: os.Stdin, Out: report.NewEscaper(os.Stdout)})
	var silent *targets.NotListening
	if errors.As(err, &silent) {
		complain(fmt.Errorf("%s", report.Line(silent.Reason)))
		return host, nil, exitCode(1)
	}
	return host, server, err
}
