package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
)

func newRubric() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rubric",
		Short: "Write a rubric to start from, or check one",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q: known are rubric init and rubric check", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	init := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented rubric to FILE, by default rubric.yaml; - for standard output",
		Args:  atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "rubric.yaml"
			if len(args) > 0 {
				path = args[0]
			}
			return initRubric(cmd.OutOrStdout(), path)
		},
	}
	check := &cobra.Command{
		Use:   "check FILE",
		Short: "Name every mistake in a rubric, and show what its points are given for",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("rubric check takes one file, as in: forkproof rubric check rubric.yaml")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := readRubric(args[0])
			var wrong *mistakesError
			if errors.As(err, &wrong) {
				_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s\n", wrong.all.Error()) // the exit status tells it, too
				return exitCode(exitUsage)
			}
			if err != nil {
				return err
			}
			return describeRubric(cmd.OutOrStdout(), r)
		},
	}
	cmd.AddCommand(init, check)
	return cmd
}

func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usage("%s takes one file, got %d words", cmd.CommandPath(), len(args))
	}
	return nil
}

// initRubric writes the rubric to start from. A file that is there is not overwritten.
func initRubric(stdout io.Writer, path string) error {
	if path == "-" {
		_, err := io.WriteString(stdout, rubric.Example)
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s is there already: name another file, or - for standard output", path)
	}
	if err != nil {
		return &usageError{err}
	}
	if _, err := io.WriteString(file, rubric.Example); err != nil {
		return errors.Join(err, file.Close())
	}
	return file.Close()
}

// vocabulary is what a rubric may name.
func vocabulary() rubric.Vocabulary {
	words := rubric.Vocabulary{
		Applies: func(id, model, speaks string) bool {
			e, found := harness.Find(id)
			return found && harness.AppliesTo(e.Requirement, harness.Model(model), harness.Protocol(speaks))
		},
		Replies: protocol.Answers(),
		HasFlag: func(name string) bool { return newCheck().Flags().Lookup(name) != nil },
	}
	for _, e := range harness.Catalogue() {
		words.Requirements = append(words.Requirements, rubric.Requirement{ID: e.ID, Level: e.Level, Title: e.Title})
	}
	for _, m := range harness.Models() {
		words.Models = append(words.Models, string(m))
	}
	for _, p := range harness.Protocols() {
		words.Protocols = append(words.Protocols, string(p))
	}
	return words
}

// A mistakesError is a rubric with mistakes, of which its text tells the first.
type mistakesError struct{ all rubric.Mistakes }

func (e *mistakesError) Error() string { return e.all.Short() }

// readRubric reads a rubric. The error is one for wrong usage.
func readRubric(path string) (*rubric.Rubric, error) {
	r, err := rubric.Read(path, vocabulary())
	var mistakes rubric.Mistakes
	if errors.As(err, &mistakes) {
		return nil, &usageError{&mistakesError{mistakes}}
	}
	if err != nil {
		return nil, &usageError{err}
	}
	return r, agrees(path, r)
}

// agrees returns an error if check would refuse the flags of a rubric.
func agrees(path string, r *rubric.Rubric) error {
	var f checkFlags
	flags := pflag.NewFlagSet("check", pflag.ContinueOnError)
	f.add(flags)
	err := apply(flags, r)
	if err == nil {
		err = f.readDialogue(flags)
	}
	if err == nil {
		_, err = harness.New(harness.Config{
			Model: harness.Model(f.model), Protocol: harness.Protocol(f.protocol), Greeting: f.greeting, Reply: f.reply, Sends: f.sends,
			Path: f.path, Post: f.post, Dialogue: f.talk, Only: f.only,
		})
	}
	if err != nil {
		return usage("%s: %w", path, err)
	}
	return nil
}

// apply sets the flags that a rubric says and that are not given.
func apply(flags *pflag.FlagSet, r *rubric.Rubric) error {
	given := map[string]bool{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = true })
	for _, f := range r.Flags() {
		if given[f.Name] {
			continue
		}
		if err := flags.Set(f.Name, f.Value); err != nil {
			return fmt.Errorf("--%s %s: %w", f.Name, f.Value, err)
		}
	}
	return nil
}

// describeRubric tells what points are given for.
func describeRubric(w io.Writer, r *rubric.Rubric) error {
	var b strings.Builder
	width := 0
	for _, item := range r.Items {
		width = max(width, len(item.Name))
	}
	for _, item := range r.Items {
		extra := ""
		if item.Extra {
			extra = " extra"
		}
		fmt.Fprintf(&b, "%-*s  %6s%s  %s\n", width, item.Name, score.Text(item.Points), extra, harness.Count(len(item.Covers), "requirement"))
	}
	fmt.Fprintf(&b, "%-*s  %6s  seed %d\n", width, "all", score.Text(r.Possible()), r.Seed)
	_, err := io.WriteString(w, report.Block(b.String()))
	return err
}
