// Package grade judges the submissions of a class: each is copied, built in the sandbox
// and judged by a forkproof check of its own, several at a time. What one of them does
// costs only itself.
package grade

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/grade/intake"
	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/internal/crash"
)

// A Batch is a class to be judged.
type Batch struct {
	Rubric *rubric.Rubric
	// Submissions are those of the whole class; Shard is the part of them to judge.
	Submissions []intake.Submission
	Shard       Shard
	Folder      *store.Folder
	// Forkproof is the path of the program that judges, Version its version.
	Forkproof, Version string
	// Jobs is how many submissions are judged at once.
	Jobs int
	// Fresh has all be judged anew.
	Fresh    bool
	Progress *Progress

	scratch string
	mu      sync.Mutex
	seen    map[string]store.Record
	failed  []error // of submissions that the machine failed on
}

// A MismatchError says that a folder has results of another rubric, forkproof or shard.
type MismatchError struct{ Reason string }

func (e *MismatchError) Error() string { return e.Reason }

// Run judges all that has no result yet, and then once more, alone, what could not be
// judged. The error is a *MismatchError when the folder has other results, and
// otherwise the machine's fault: the results so far are kept, and a second Run goes on
// from there.
func (b *Batch) Run(ctx context.Context) (err error) {
	mine := slices.DeleteFunc(slices.Clone(b.Submissions), func(s intake.Submission) bool { return !b.Shard.Has(s.Name) })
	leftover, err := b.Folder.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Folder.Close()) }()
	if err := b.begin(mine); err != nil {
		return err
	}
	removeScratch(leftover)
	if b.scratch, err = os.MkdirTemp("", scratchPrefix); err != nil {
		return fmt.Errorf("make a folder to work in: %w", err)
	}
	defer func() { removeScratch(b.scratch) }()
	if err := b.Folder.Note(b.scratch); err != nil {
		return err
	}
	b.seen = map[string]store.Record{}
	b.Progress.begin(len(mine))
	defer b.Progress.end()
	if err := b.all(ctx, mine); err != nil {
		return err
	}
	if err := b.again(ctx, mine); err != nil {
		return err
	}
	return errors.Join(b.failed...)
}

// begin checks what the folder has, and writes down what is to be judged.
func (b *Batch) begin(mine []intake.Submission) error {
	if err := b.Folder.Tidy(); err != nil {
		return err
	}
	now := store.Batch{
		Version: b.Version, Rubric: b.Rubric.SHA256, Judging: b.Rubric.JudgingSHA256(), Seed: b.Rubric.Seed,
		Shards: b.Shard.Of, Shard: []int{b.Shard.Number},
	}
	for _, s := range mine {
		now.Names = append(now.Names, s.Name)
	}
	old, found, err := b.Folder.Batch()
	if err != nil && !b.Fresh {
		return err
	}
	switch {
	case found && b.Fresh, err != nil:
		if err := b.Folder.Clear(); err != nil {
			return err
		}
	case found:
		if reason := mismatch(old, now); reason != "" {
			return &MismatchError{fmt.Sprintf("the results %s are %s: name another folder, or --fresh judges all anew", store.Quoted(b.Folder.Dir()), reason)}
		}
		// What was judged once is never dropped.
		now.Names = slices.Compact(slices.Sorted(slices.Values(slices.Concat(old.Names, now.Names))))
	}
	return b.Folder.WriteBatch(now, b.Rubric.Source)
}

// mismatch says what keeps two batches from being one; empty if nothing does.
func mismatch(old, now store.Batch) string {
	switch {
	case old.Version != now.Version:
		return fmt.Sprintf("of forkproof %s, and this is %s", old.Version, now.Version)
	case old.Judging != now.Judging || old.Seed != now.Seed:
		return "of another rubric, which judges in another way"
	case old.Shards != now.Shards || !slices.Equal(old.Shard, now.Shard):
		return fmt.Sprintf("of another part of the class (%s)", shardText(old))
	}
	return ""
}

func shardText(b store.Batch) string {
	if len(b.Shard) == 1 {
		return fmt.Sprintf("shard %d/%d", b.Shard[0], b.Shards)
	}
	return fmt.Sprintf("%d of %d shards", len(b.Shard), b.Shards)
}

// all judges submissions, Jobs at a time, and returns when all are done. An error stops
// it: the disk is full, or forkproof was interrupted.
func (b *Batch) all(ctx context.Context, list []intake.Submission) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	next := make(chan intake.Submission)
	var working sync.WaitGroup
	for range max(1, min(b.Jobs, len(list))) {
		working.Go(crash.Guarded(func() {
			for s := range next {
				b.Progress.started(s.Name)
				record, judged, err := b.judge(ctx, s, nil)
				if stops(err) {
					stop(err)
					continue
				}
				b.note(s, record, judged, err)
			}
		}))
	}
feed:
	for _, s := range list {
		select {
		case next <- s:
		case <-ctx.Done():
			break feed
		}
	}
	close(next)
	working.Wait()
	return context.Cause(ctx)
}

// note keeps what became of a submission.
func (b *Batch) note(s intake.Submission, r store.Record, judged bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.failed = append(b.failed, err)
		b.Progress.done(s.Name, store.NotJudged, err.Error(), judged)
		return
	}
	b.seen[s.Name] = r
	b.Progress.done(s.Name, r.State, r.Reason, judged)
}

// again tries once more, one after another, what could not be judged.
func (b *Batch) again(ctx context.Context, list []intake.Submission) error {
	for _, s := range list {
		r, found := b.seen[s.Name]
		if !found || r.Retried || r.State != store.NotJudged && len(r.Errors()) == 0 {
			continue
		}
		b.Progress.again(s.Name)
		r, _, err := b.judge(ctx, s, &r)
		if stops(err) || ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		if err == nil && r.State == store.NotJudged {
			err = fmt.Errorf("the submission %s could not be judged: %s", store.Quoted(s.Name), r.Reason)
		}
		if err != nil {
			b.failed = append(b.failed, err)
		}
	}
	return nil
}

// stops reports whether an error is one that every further submission would meet, too.
func stops(err error) bool {
	for _, cause := range []error{context.Canceled, unix.ENOSPC, unix.EDQUOT, unix.EROFS, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EIO} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// scratchPrefix begins the name of the folder in which submissions are built and judged.
const scratchPrefix = "forkproof-grade-"

// removeScratch removes such a folder, be it of a forkproof that was killed.
func removeScratch(dir string) {
	if filepath.Dir(dir) == filepath.Clean(os.TempDir()) && strings.HasPrefix(filepath.Base(dir), scratchPrefix) {
		_ = os.RemoveAll(dir) // what is left takes room, and no more
	}
}
