package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	recording "github.com/forkproof/forkproof/faults/life"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/formats"
	"github.com/forkproof/forkproof/report/life"
	lifepage "github.com/forkproof/forkproof/report/life/page"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/lesson"
	"github.com/forkproof/forkproof/suite/look"
	"github.com/forkproof/forkproof/suite/scenario"
	"github.com/forkproof/forkproof/targets"
)

// traceFlags are the flags of trace.
type traceFlags struct {
	check      checkFlags // the server and its protocol
	scenario   scenario.Scenario
	files      map[string]*string // by format
	startLimit time.Duration
	pid        int
	lasts      time.Duration
	noColor    bool
}

// lifeFormats write a life to a file, by the flag that asks for it.
var lifeFormats = []struct {
	name, use string
	write     func(io.Writer, *life.Life) error
}{
	{"html", "write a page to step through to `FILE`", lifepage.Write},
	{"perfetto", "write a trace for ui.perfetto.dev to `FILE` (TrackEvent)", life.WritePerfetto},
	{"json", "write the steps as JSON to `FILE`; - for standard output", life.WriteJSON},
}

func newTrace() *cobra.Command {
	f := traceFlags{files: map[string]*string{}}
	cmd := &cobra.Command{
		Use:   "trace [flags] [--pid PID | -- CMD ARG...]",
		Short: "Draw the server's life: its calls, and the descriptor tables after each",
		Long: `trace starts the server that CMD names, has clients come, speak and leave, and
records the system calls of all its processes, signals and stops by ptrace(2). It
prints them in the order in which they happened, and beside each the descriptor
tables that it changed. With no CMD it is the built-in reference.

Of a process that forks and its child, the parent runs first until it may block:
accept, fork, close in the parent, close in the child.

Exit status: 0 it was traced, 1 the server did not serve the clients or failed the
requirement, 2 wrong usage, 3 it could not be traced, 130 interrupted.`,
		Example: `  forkproof trace -- ./server {port}
  forkproof trace --clients 5 --together -- ./server {port}
  forkproof trace --requirement reaping/five-at-once --target reap-once
  forkproof trace --pid 4242 --for 10s --html life.html`,
		Args: commandAfterDash,
		RunE: func(cmd *cobra.Command, args []string) error { return traceServer(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.IntVar(&f.scenario.Clients, "clients", 2, "how many clients come, speak and leave")
	flags.BoolVar(&f.scenario.Together, "together", false, "they leave at the same moment, while the server is stopped")
	flags.StringVar(&f.scenario.Requirement, "requirement", "", "in place of that, what the requirement `ID` provokes")
	flags.IntVar(&f.pid, "pid", 0, "attach to the running server `PID` and all that descend from it, until Ctrl-C; you are the client")
	flags.DurationVar(&f.lasts, "for", 0, "with --pid, end after this time")
	for _, format := range lifeFormats {
		f.files[format.name] = flags.String(format.name, "", format.use)
	}
	flags.StringVar(&f.check.target, "target", "", "trace the built-in server `NAME`")
	flags.StringVar(&f.check.model, "model", string(harness.Forking), "design of the server, as of check")
	flags.StringVar(&f.check.protocol, "protocol", string(harness.Echo), "protocol it speaks, as of check")
	flags.StringVar(&f.check.reply, "reply", "", "what --protocol line expects, as of check")
	flags.StringArrayVar(&f.check.sends, "send", nil, "what --protocol learned sends, as of check")
	flags.StringVar(&f.check.path, "path", "", "what --protocol http asks for, as of check")
	flags.StringVar(&f.check.dialogue, "dialogue", "", "a dialogue `FILE`, as of check")
	flags.StringVar(&f.check.greeting, "greeting", "", "what it says to a client first, as of check")
	flags.DurationVar(&f.startLimit, "start-limit", targets.DefaultLimits().Start, "how long the server may take to listen")
	f.check.sandbox.add(flags)
	flags.BoolVar(&f.noColor, "no-color", false, "print no colours")
	completeTargets(cmd)
	return cmd
}

// mostClients is what a trace may have of them.
const mostClients = 1000

func (f *traceFlags) validate() error {
	switch s := f.scenario; {
	case s.Clients < 1 || s.Clients > mostClients:
		return usage("--clients %d: give a number from 1 to %d", s.Clients, mostClients)
	case s.Together && s.Clients > scenario.AtOnce:
		return usage("--together: give at most --clients %d", scenario.AtOnce)
	case f.pid < 0 || f.pid == 0 && f.lasts != 0 || f.lasts < 0:
		return usage("--pid and --for: give the id of a process, and a time above 0, as in --pid 4242 --for 10s")
	case f.startLimit <= 0:
		return usage("--start-limit %v: give a time above 0, as in 30s", f.startLimit)
	}
	if id := f.scenario.Requirement; id != "" {
		if _, known := harness.Find(id); !known {
			return usage("--requirement %s: unknown requirement: forkproof list shows all", id)
		}
	}
	return f.check.sandbox.check()
}

func traceServer(cmd *cobra.Command, f traceFlags, args []string) (err error) {
	if err := f.validate(); err != nil {
		return err
	}
	outputs := map[string]*formats.File{}
	for name, path := range f.files {
		if *path == "" || *path == "-" {
			continue
		}
		file, err := formats.OpenFile(*path)
		if err != nil {
			return &usageError{err}
		}
		defer func() { _ = file.Close() }()
		outputs[name] = file
	}
	if f.pid > 0 {
		for _, name := range []string{"clients", "together", "requirement", "target"} {
			if cmd.Flags().Changed(name) || len(args) > 0 {
				return usage("--pid %d: leave out the command and --%s: the server runs, and its clients are yours", f.pid, name)
			}
		}
		return f.attach(cmd, outputs)
	}
	if err := f.check.readDialogue(cmd.Flags()); err != nil {
		return err
	}
	command, err := f.check.server(cmd, args)
	if err != nil {
		return err
	}
	f.check.sandbox.apply(&command)
	config := harness.Config{
		Command: command, Model: harness.Model(f.check.model), Protocol: harness.Protocol(f.check.protocol),
		Greeting: f.check.greeting, Reply: f.check.reply, Sends: f.check.sends,
		Path: f.check.path, Post: f.check.post, Dialogue: f.check.talk, Seed: drawSeed(),
		Limits: harness.DefaultLimits(), Version: versionText(),
	}
	config.Limits.Start = f.startLimit
	config.Limits.MemoryBytes, config.Limits.DiskBytes = int64(f.check.sandbox.memory), int64(f.check.sandbox.disk)
	if config.Protocol == harness.Learned {
		if config.Lesson, err = lesson.Learn(cmd.Context(), config); err != nil {
			return &usageError{err}
		}
	}
	recorded, err := scenario.Run(cmd.Context(), config, f.scenario)
	interrupted.wait()
	if err != nil {
		return err
	}
	return f.write(cmd.OutOrStdout(), outputs, &recorded)
}

// write writes the life to the files that were asked for, and as text unless one of them
// is standard output.
func (f *traceFlags) write(out io.Writer, outputs map[string]*formats.File, l *life.Life) error {
	var errs []error
	told := false
	for _, format := range lifeFormats {
		switch file := outputs[format.name]; {
		case *f.files[format.name] == "-":
			told = true
			errs = append(errs, format.write(out, l))
		case file != nil:
			errs = append(errs, file.Replace(func(w io.Writer) error { return format.write(w, l) }))
		}
	}
	if !told {
		errs = append(errs, life.WriteText(out, l, styleOf(f.noColor)))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if l.Verdict == report.Fail {
		return exitCode(1)
	}
	return nil
}

// attach records a server that runs already, until it ends, or the time is over, or
// forkproof is interrupted.
func (f *traceFlags) attach(cmd *cobra.Command, outputs map[string]*formats.File) error {
	looker, err := look.At(f.pid)
	if err != nil {
		return usage("%w", err)
	}
	defer func() { _ = looker.Close() }()
	tree, err := looker.Tree()
	if err != nil {
		return fmt.Errorf("process %d: %w", f.pid, err)
	}
	recorder := recording.NewRecorder(commandOf(f.pid), fmt.Sprintf("attached to process %d", f.pid))
	if err := recorder.Attach(cmd.Context(), tree, looker.Sockets); err != nil {
		if errors.Is(err, process.ErrGone) {
			return fmt.Errorf("process %d has ended", f.pid)
		}
		return err
	}
	finish := func() error {
		err := recorder.Stop()
		recorded := recorder.Life(cmd.Context())
		recorded.Tool = report.Tool{Version: versionText()}
		return errors.Join(err, f.write(cmd.OutOrStdout(), outputs, &recorded))
	}
	interrupted.await(func() { _ = finish() })
	defer interrupted.finish()
	_, _ = fmt.Fprintf(os.Stderr, "forkproof: process %d is traced: connect to it; Ctrl-C ends the trace, and the server goes on\n", f.pid)
	var over <-chan time.Time
	if f.lasts > 0 {
		over = time.After(f.lasts)
	}
	select {
	case <-recorder.Ended():
	case <-over:
	case <-cmd.Context().Done():
	}
	interrupted.claim()
	return finish()
}

// commandOf returns the command line of a process.
func commandOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return []string{fmt.Sprintf("process %d", pid)}
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}
