package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/grade"
	"github.com/forkproof/forkproof/grade/book"
	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/store"
)

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
