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
	"github.com/forkproof/forkproof/grade/rubric"
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
	flags.IntVarP(&f.jobs, "jobs", "j", 0, "judge `N` submissions at once; without it one for each processor")
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
		return runtime.GOMAXPROCS(0), nil
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

func newRescore() *cobra.Command {
	var path string
	var quiet bool
	cmd := &cobra.Command{
		Use:   "rescore RESULTS --rubric NEW",
		Short: "Count the points of stored results anew, by another rubric; no server is run",
		Long: `rescore counts the points of all submissions in RESULTS by the rubric NEW, writes
gradebook.csv, class.html and the pages of the students anew, and tells whose grade
changed and why. How submissions are judged stays as it was.

Exit status: 0, 2 wrong usage, 3 the machine failed.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || path == "" {
				return usage("rescore takes one folder of results and a rubric, as in: forkproof rescore results/ --rubric new.yaml")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return rescore(cmd, args[0], path, quiet) },
	}
	cmd.Flags().StringVar(&path, "rubric", "", "the `NEW` rubric")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "do not tell whose grade changed")
	return cmd
}

func rescore(cmd *cobra.Command, dir, path string, quiet bool) (err error) {
	r, err := readRubric(path)
	if err != nil {
		return err
	}
	folder, old, err := openResults(dir)
	if err != nil {
		return err
	}
	if _, err := folder.Lock(); err != nil {
		return &usageError{err}
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	before, err := book.Rows(folder, old)
	if err != nil {
		return err
	}
	batch, _, err := folder.Batch()
	if err != nil {
		return err
	}
	if r.JudgingSHA256() != batch.Judging && !quiet {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%s judges in another way than %s was judged: only its points count\n", path, store.Quoted(dir))
	}
	batch.Rubric = r.SHA256
	if err := folder.WriteBatch(batch, r.Source); err != nil {
		return err
	}
	rows, err := book.Write(folder, r)
	if err != nil {
		return err
	}
	if !sameShown(old, r) {
		if err := book.WriteReports(folder, rows, r); err != nil {
			return err
		}
	}
	if names := book.NotJudged(rows); len(names) > 0 {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "not judged, so their points are left out: %s (forkproof grade judges them)\n", strings.Join(names, ", "))
	}
	if quiet {
		return nil
	}
	return book.WriteChanges(cmd.OutOrStdout(), book.Changes(before, rows), len(rows))
}

// sameShown reports whether two rubrics show students the same.
func sameShown(a, b *rubric.Rubric) bool {
	for _, q := range vocabulary().Requirements {
		if a.ShownFor(q.ID) != b.ShownFor(q.ID) {
			return false
		}
	}
	return true
}

// openResults returns a folder of results with the rubric that its grades are by.
func openResults(dir string) (*store.Folder, *rubric.Rubric, error) {
	folder, err := store.Open(dir)
	if err != nil {
		return nil, nil, &usageError{err}
	}
	if _, found, err := folder.Batch(); err != nil || !found {
		if err == nil {
			err = fmt.Errorf("the results %s: forkproof grade has written none there", store.Quoted(dir))
		}
		return nil, nil, &usageError{err}
	}
	path := folder.Path("rubric.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, &usageError{err}
	}
	r, err := rubric.ParseStored(path, data, vocabulary())
	if err != nil {
		return nil, nil, &usageError{err}
	}
	return folder, r, nil
}

func newMerge() *cobra.Command {
	var out string
	var quiet bool
	cmd := &cobra.Command{
		Use:   "merge RESULTS... --out ALL",
		Short: "Join the results of the shards of a class",
		Long: `merge copies the results of the shards of a class to the folder ALL, and writes
gradebook.csv and class.html there.

Exit status: 0, 2 wrong usage (other rubrics, other versions), 3 shards or results
are missing: they are named, and what is there is merged.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || out == "" {
				return usage("merge takes the results of shards, as in: forkproof merge results-* --out results/")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return mergeShards(cmd, args, out, quiet) },
	}
	cmd.Flags().StringVar(&out, "out", "", "folder for `ALL` results")
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print no table")
	return cmd
}

func mergeShards(cmd *cobra.Command, dirs []string, out string, quiet bool) error {
	var shards []*store.Folder
	var r *rubric.Rubric
	for _, dir := range dirs {
		folder, own, err := openResults(dir)
		if err != nil {
			return err
		}
		shards, r = append(shards, folder), own
	}
	into, err := store.Create(out)
	if err != nil {
		return &usageError{err}
	}
	failure := grade.Merge(into, shards, r.Source)
	var mismatch *grade.MismatchError
	var missing *grade.MissingError
	if errors.As(failure, &mismatch) {
		return &usageError{failure}
	}
	if failure != nil && !errors.As(failure, &missing) {
		return failure
	}
	rows, err := book.Write(into, r)
	if err == nil && !quiet {
		err = book.WriteTable(cmd.OutOrStdout(), rows, r)
	}
	return errors.Join(err, failure)
}

func newHistory() *cobra.Command {
	var path string
	cmd := &cobra.Command{
		Use:   "history RESULTS...",
		Short: "Tell what got better and worse from one submission of a name to the next",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("history takes folders of results, as in: forkproof history week1/ week2/")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var folders []*store.Folder
			var r *rubric.Rubric
			for _, dir := range args {
				folder, own, err := openResults(dir)
				if err != nil {
					return err
				}
				folders, r = append(folders, folder), own // the last one counts the points of all
			}
			if path != "" {
				own, err := readRubric(path)
				if err != nil {
					return err
				}
				r = own
			}
			lives, err := book.History(folders, r)
			if err != nil {
				return err
			}
			return book.WriteHistory(cmd.OutOrStdout(), lives)
		},
	}
	cmd.Flags().StringVar(&path, "rubric", "", "count the points by the rubric in `FILE`; without it by that of the last RESULTS")
	return cmd
}
