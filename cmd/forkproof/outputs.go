package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/formats"
	"github.com/forkproof/forkproof/report/picture"
)

// outputFlags say in which formats the result is written, and where to.
type outputFlags struct {
	json, junit, html string
	reports           []string // FORMAT=PATH
}

func (f *outputFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.json, "json", "", "write the result to `FILE`; - for standard output")
	flags.StringVar(&f.junit, "junit", "", "write the result as JUnit XML to `FILE`")
	flags.StringVar(&f.html, "html", "", "write the result as a page for a browser to `FILE`")
	flags.StringArrayVar(&f.reports, "report", nil,
		"write the result as `FORMAT=PATH` (repeatable); formats: "+strings.Join(formats.Names(), ", "))
}

// An output is a format and a file; nil is standard output. The folder of the file
// stays open until forkproof ends.
type output struct {
	formats.Format
	file *formats.File
}

type outputs []output

// parse returns the outputs, if each can be written.
func (f outputFlags) parse() (list outputs, err error) {
	words := slices.Clone(f.reports)
	for _, short := range [][2]string{{"json", f.json}, {"junit", f.junit}, {"html", f.html}} {
		if short[1] != "" {
			words = append(words, short[0]+"="+short[1])
		}
	}
	for _, word := range words {
		name, path, found := strings.Cut(word, "=")
		if !found || path == "" {
			return nil, usage("--report %s: give a format and a path, as in junit=result.xml", word)
		}
		format, known := formats.Find(name)
		if !known {
			return nil, usage("--report %s: unknown format %q: known are %s", word, name, strings.Join(formats.Names(), ", "))
		}
		var file *formats.File
		if path == "-" {
			if list.toStdout() {
				return nil, usage("only one result can go to standard output: give a file for the others")
			}
		} else if file, err = formats.OpenFile(path); err != nil {
			return nil, &usageError{err}
		}
		list = append(list, output{format, file})
	}
	return list, nil
}

func (o outputs) toStdout() bool {
	for _, one := range o {
		if one.file == nil {
			return true
		}
	}
	return false
}

// removeOld removes the results of an earlier run, so that none of them is taken for
// this one's if it ends early.
func (o outputs) removeOld() error {
	var errs []error
	for _, one := range o {
		if one.file != nil {
			errs = append(errs, one.file.RemoveOld())
		}
	}
	return errors.Join(errs...)
}

// write writes the result in every format.
func (o outputs) write(stdout io.Writer, r report.Result) error {
	for _, one := range o {
		var err error
		if one.file == nil {
			err = one.Write(stdout, r)
		} else {
			err = one.WriteTo(one.file, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// textWriter is standard output, unless that is taken by a result.
func textWriter(cmd *cobra.Command, outputs outputs) io.Writer {
	if outputs.toStdout() {
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
		InFull:  f.inFull,
		Quiet:   f.quiet,
		Draw: func(e *report.Evidence, width int, ascii bool) []string {
			return picture.Draw(picture.From(e), width, ascii)
		},
		Live: report.LiveFor(terminal, os.Getenv),
	}
}
