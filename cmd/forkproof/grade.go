package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/forkproof/forkproof/grade"
	"github.com/forkproof/forkproof/grade/book"
	"github.com/forkproof/forkproof/grade/intake"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// gradeFlags are the flags of grade.
type gradeFlags struct {
	rubric, out, shard string
	jobs               int
	resume, fresh      bool
	weak, quiet        bool
}

func newGrade() *cobra.Command {
	var f gradeFlags
	cmd := &cobra.Command{
		Use:   "grade DIR... --rubric FILE --out RESULTS",
		Short: "Build, judge and grade the submissions of a class",
		Long: `grade takes each folder and each archive (.zip, .tar.gz, .tgz) in DIR as a
submission, builds and judges it in the sandbox as the rubric says, and writes
gradebook.csv, class.html and a report for each submission to RESULTS.

Killed and started again, it goes on where it was.

Exit status: 0 every submission has a result (those held for a person are
listed), 2 wrong usage, 3 the machine failed: run the same again, 130
interrupted.`,
		Example: `  forkproof rubric init
  forkproof grade submissions/ --rubric rubric.yaml --out results/`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("grade takes folders of submissions, as in: forkproof grade submissions/ --rubric rubric.yaml --out results/")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return gradeClass(cmd, f, args) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.rubric, "rubric", "", "the rubric, a YAML `FILE`: forkproof rubric init writes one")
	flags.StringVar(&f.out, "out", "", "folder for the `RESULTS`; what is there of the same rubric is kept")
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "judge `N` submissions at once; without it three for two processors")
	flags.StringVar(&f.shard, "shard", "", "judge part `i/n` of the class; auto: as the environment of Slurm, Kubernetes, GitLab, CircleCI or Buildkite says")
	flags.BoolVar(&f.resume, "resume", true, "keep results of the same rubric, version and submission")
	flags.BoolVar(&f.fresh, "fresh", false, "remove all results in RESULTS, and judge anew")
	flags.BoolVar(&f.weak, "allow-weak-isolation", false, "grade where submissions cannot be kept from each other and from the machine")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "print no progress and no table")
	return cmd
}

func gradeClass(cmd *cobra.Command, f gradeFlags, dirs []string) error {
	batch, err := f.prepare(cmd, dirs)
	if err != nil {
		return err
	}
	_, old, err := openResults(f.out)
	if err != nil {
		old = batch.Rubric // there are no results yet, or none that are kept
	}
	interrupted.await(func() {})
	defer interrupted.finish()
	failure := batch.Run(cmd.Context())
	var mismatch *grade.MismatchError
	var busy *store.BusyError
	switch {
	case errors.As(failure, &mismatch), errors.As(failure, &busy):
		return &usageError{failure}
	case cmd.Context().Err() != nil:
		return failure // the interruption ends forkproof
	}
	rows, err := book.Write(batch.Folder, batch.Rubric)
	if err == nil && !sameShown(old, batch.Rubric) {
		err = book.WriteReports(batch.Folder, rows, batch.Rubric)
	}
	if err != nil {
		return again(errors.Join(failure, err))
	}
	if !f.quiet {
		if err := book.WriteTable(cmd.OutOrStdout(), rows, batch.Rubric); err != nil {
			return err
		}
	}
	return again(failure)
}

// again returns the machine's failures as one sentence.
func again(failure error) error {
	if failure == nil {
		return nil
	}
	lines := strings.Split(failure.Error(), "\n")
	text := lines[0]
	if len(lines) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(lines)-1)
	}
	return errors.New(text + ": run the same again, what was judged is kept")
}

// prepare returns the batch, if all that it needs is there.
func (f gradeFlags) prepare(cmd *cobra.Command, dirs []string) (*grade.Batch, error) {
	switch {
	case f.rubric == "":
		return nil, usage("grade needs --rubric FILE: forkproof rubric init writes one to start from")
	case f.out == "":
		return nil, usage("grade needs --out RESULTS, a folder for the results")
	case f.jobs < 0:
		return nil, usage("--jobs %d: give the number of submissions to judge at once, as in 2", f.jobs)
	}
	shard, err := grade.ParseShard(f.shard, os.Getenv)
	if err != nil {
		return nil, &usageError{err}
	}
	r, err := readRubric(f.rubric)
	if err != nil {
		return nil, err
	}
	submissions, ignored, err := intake.Find(dirs)
	if err != nil {
		return nil, &usageError{err}
	}
	if f.jobs, err = f.atOnce(); err != nil {
		return nil, err
	}
	folder, err := store.Create(f.out)
	if err != nil {
		return nil, &usageError{err}
	}
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program forkproof: %w", err)
	}
	version, err := gradingVersion(program)
	if err != nil {
		return nil, err
	}
	if len(ignored) > 0 && !f.quiet {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "no submissions, as they are neither folders nor archives: %s\n", report.Line(strings.Join(ignored, ", ")))
	}
	return &grade.Batch{
		Rubric: r, Submissions: submissions, Shard: shard, Folder: folder, Forkproof: program, Version: version, Jobs: f.jobs,
		Fresh: f.fresh || !f.resume, Progress: f.progress(cmd.ErrOrStderr()),
	}, nil
}

// atOnce returns how many submissions are judged at once, if the isolation is enough to
// judge any.
func (f gradeFlags) atOnce() (int, error) {
	found := sandbox.Probe()
	switch {
	case !found.PIDs && !f.weak:
		return 0, usage("isolation %s does not keep submissions from each other and from the machine (%s): --allow-weak-isolation grades all the same", found, found.Reason)
	case !found.Network && f.jobs > 1:
		return 0, usage("--jobs %d: with isolation %s all servers share one network: leave --jobs out", f.jobs, found)
	case !found.Network:
		return 1, nil
	case f.jobs == 0:
		// A check waits a third of its time for timers and for the kernel.
		return (3*runtime.GOMAXPROCS(0) + 1) / 2, nil
	}
	return f.jobs, nil
}

func (f gradeFlags) progress(to io.Writer) *grade.Progress {
	if f.quiet {
		return nil
	}
	p := &grade.Progress{To: to}
	if fd := int(os.Stderr.Fd()); term.IsTerminal(fd) && report.LiveFor(true, os.Getenv) {
		p.Live = true
		p.Width, _, _ = term.GetSize(fd)
	}
	return p
}

// gradingVersion returns the version by which results are told apart. A development
// build has that of its own program.
func gradingVersion(program string) (string, error) {
	if text := versionText(); text != "devel" {
		return text, nil
	}
	file, err := os.Open(program)
	if err != nil {
		return "", fmt.Errorf("read the program forkproof: %w", err)
	}
	defer func() { _ = file.Close() }()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", fmt.Errorf("read the program forkproof: %w", err)
	}
	return "devel-" + hex.EncodeToString(sum.Sum(nil)[:6]), nil
}
