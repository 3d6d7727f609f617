package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/report"
)

// reportFlags are the flags of report.
type reportFlags struct {
	outputs        outputFlags
	verbose, quiet bool
	noColor        bool
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report RESULT.json [flags]",
		Short: "Show a result file that check --json wrote, as text or in another format",
		Long: `report reads a result file that check --json wrote. It prints the report that
check printed, or writes the result in the formats that are asked for. It judges
nothing: its exit status is 0 whatever the verdict, and 2 for wrong usage, which
includes a file that is no result file.`,
		Example: `  forkproof report result.json
  forkproof report result.json --html result.html`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("report takes one result file, as in: forkproof report result.json")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return show(cmd, f, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	f.outputs.add(flags)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print everything about each requirement")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print only what failed, and the verdict")
	flags.BoolVar(&f.noColor, "no-color", false, "print no colours")
	return cmd
}

// show writes the result in a file in the formats asked for, or prints its text.
func show(cmd *cobra.Command, f reportFlags, path string) error {
	if f.verbose && f.quiet {
		return usage("-v and -q exclude each other")
	}
	outputs, err := f.outputs.parse()
	if err != nil {
		return err
	}
	result, err := resultIn(path)
	if err != nil {
		return err
	}
	if len(outputs) > 0 {
		return outputs.write(cmd.OutOrStdout(), result)
	}
	options := textOptions(checkFlags{verbose: f.verbose, quiet: f.quiet, noColor: f.noColor})
	options.Live = false
	text := report.NewText(cmd.OutOrStdout(), options)
	text.Begin(result.Tool, result.Target, result.Environment, len(result.Requirements))
	return text.End(result)
}

// resultIn reads a result file. The error says in one sentence why path is none.
func resultIn(path string) (report.Result, error) {
	file, err := os.Open(path)
	var refused *fs.PathError
	if errors.As(err, &refused) {
		return report.Result{}, usage("read the result %s: %w: forkproof check --json FILE writes one", path, refused.Err)
	}
	if err != nil {
		return report.Result{}, &usageError{fmt.Errorf("read the result %s: %w", path, err)}
	}
	defer func() { _ = file.Close() }() // nothing is written to it
	result, err := report.ReadJSON(file)
	if errors.As(err, &refused) {
		err = refused.Err
	}
	if err != nil {
		return report.Result{}, usage("read the result %s: %w", path, err)
	}
	return result, nil
}
