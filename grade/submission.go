package grade

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/forkproof/forkproof/grade/book"
	"github.com/forkproof/forkproof/grade/intake"
	"github.com/forkproof/forkproof/grade/score"
	"github.com/forkproof/forkproof/grade/store"
	"github.com/forkproof/forkproof/internal/judge"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
)

// judge judges one submission, unless its result is there, and keeps what became of it.
// With a record, what could not be judged then is tried once more. The error is the
// machine's fault.
func (b *Batch) judge(ctx context.Context, s intake.Submission, before *store.Record) (r store.Record, judged bool, err error) {
	dir, err := os.MkdirTemp(b.scratch, "")
	if err != nil {
		return r, false, fmt.Errorf("make a folder to work in: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left goes with the scratch folder
	r = store.Record{Name: s.Name, JudgedAt: time.Now().UTC().Format(time.RFC3339Nano), Retried: before != nil}
	copied, err := s.Unpack(filepath.Join(dir, "submission"))
	var refused *intake.RefusedError
	if errors.As(err, &refused) {
		r.State, r.Reason = store.Refused, refused.Reason
		old, found, err := b.Folder.Record(s.Name)
		if err != nil || found && old.State == store.Refused && old.Reason == r.Reason {
			return old, false, err
		}
		return r, true, b.Folder.Save(r, nil, nil)
	}
	if err != nil {
		return r, false, err
	}
	r.SHA256, r.LeftOut = copied.SHA256, copied.LeftOut
	old, found, err := b.Folder.Record(s.Name)
	if err != nil || before == nil && found && old.SHA256 == r.SHA256 && old.State != store.NotJudged {
		return old, false, err
	}
	work, build, err := b.build(ctx, copied.Dir, filepath.Join(dir, "built"), &r)
	switch {
	case err != nil:
		return r, true, err
	case found && old.State == store.Judged && before != nil:
		return b.recheck(ctx, work, r, old)
	case r.State != "":
		return r, true, b.Folder.Save(r, nil, build)
	}
	result, file, err := b.checks(ctx, work, &r, nil)
	switch {
	case ctx.Err() != nil:
		return r, true, context.Cause(ctx)
	case err != nil:
		return r, true, b.Folder.Save(r, nil, build)
	}
	r, err = b.keep(r, result, file, build)
	return r, true, err
}

// recheck judges once more what could not be judged before. Where that fails, too, or the
// submission is another one by now, what was judged before stands.
func (b *Batch) recheck(ctx context.Context, work string, r, old store.Record) (store.Record, bool, error) {
	result, _, err := b.Folder.Result(r.Name)
	if err != nil {
		return old, true, err
	}
	if r.State == "" && r.SHA256 == old.SHA256 {
		r.Built = old.Built
		ids := old.Errors()
		again, _, err := b.checks(ctx, work, &r, ids)
		if ctx.Err() != nil {
			return old, true, context.Cause(ctx)
		}
		if err == nil {
			old, err = b.keep(r, retried(result, again, ids), nil, nil)
			return old, true, err
		}
	}
	old.Retried = true
	return old, true, b.Folder.Save(old, nil, nil)
}

// keep writes a result, and the report that its student sees. The file is the result as
// check wrote it; nil if it was put together from several.
func (b *Batch) keep(r store.Record, result report.Result, file, build []byte) (store.Record, error) {
	if file == nil {
		var text bytes.Buffer
		if err := report.WriteJSON(&text, result); err != nil {
			return r, err
		}
		file = text.Bytes()
	}
	r.Take(result, file)
	page, err := book.Report(b.Rubric, result)
	if err == nil {
		err = b.Folder.WritePage(page, r.Name, "report.html")
	}
	if err != nil {
		return r, err
	}
	return r, b.Folder.Save(r, file, build)
}

// retried returns a result with those requirements replaced that were judged by now.
func retried(old, again report.Result, ids []string) report.Result {
	again.Requirements = slices.DeleteFunc(again.Requirements, func(q report.Requirement) bool { return !slices.Contains(ids, q.ID) })
	return score.Worst([]report.Result{old, again})
}

// checks runs forkproof check as often as the rubric says. Without a result, the record
// says why, and so does the error. The file is the result as check wrote it; nil if there
// are several.
func (b *Batch) checks(ctx context.Context, work string, r *store.Record, only []string) (report.Result, []byte, error) {
	var results []report.Result
	var file []byte
	var failure error
	for i := range b.Rubric.Repeat {
		o, err := b.once(ctx, work, uint64(i), only)
		if err == nil {
			results, file = append(results, o.Result), o.Stdout
			continue
		}
		failure, r.State, r.Reason = err, store.NotJudged, err.Error()
		const usage = 2
		if o.ExitCode == usage {
			// The settings are right: it is the program that cannot be started.
			r.State, r.Reason = store.NotStarted, lastLine(o.Stderr)
		}
		break
	}
	switch len(results) {
	case 0:
		return report.Result{}, nil, failure
	case 1:
		return results[0], file, nil
	}
	return score.Worst(results), nil, nil
}

// once runs forkproof check once.
func (b *Batch) once(ctx context.Context, work string, n uint64, only []string) (judge.Outcome, error) {
	c := judge.Check{
		Forkproof: b.Forkproof, Command: b.Rubric.Command, Dir: work, Flags: []string{"--jobs=1", fmt.Sprintf("--checks=%d", b.Jobs), "--writable=" + work},
		// A signal to forkproof grade and its group is not one to its children: it is
		// forkproof grade that decides what becomes of them.
		Attributes: &syscall.SysProcAttr{Setpgid: true},
	}
	for _, f := range b.Rubric.Flags() {
		switch {
		case f.Name == "only" && only != nil:
			continue
		case f.Name == "seed" && n > 0:
			f.Value = strconv.FormatUint(b.Rubric.Seed+n, 10)
		}
		c.Flags = append(c.Flags, "--"+f.Name+"="+f.Value)
	}
	for _, id := range only {
		c.Flags = append(c.Flags, "--only="+id)
	}
	limit := b.Rubric.Limits.Time
	if limit == 0 {
		limit = defaultTime
	}
	// check keeps its own limit; this one is for a forkproof that hangs.
	ctx, cancel := context.WithTimeoutCause(ctx, 2*limit+time.Minute, errors.New("it did not end long after its time limit"))
	defer cancel()
	return c.Run(ctx)
}

// defaultTime is the time limit of check.
const defaultTime = 5 * time.Minute

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimPrefix(text[strings.LastIndexByte(text, '\n')+1:], "forkproof: ")
}

// build adds the files of the rubric and runs the build. It returns the folder to judge
// in, and what the build printed. Where the build fails, the record says so.
func (b *Batch) build(ctx context.Context, dir, into string, r *store.Record) (work string, output []byte, err error) {
	if err := b.addFiles(dir); err != nil {
		return "", nil, err
	}
	if len(b.Rubric.Build) == 0 {
		return dir, nil, nil
	}
	command := targets.Command{Args: b.Rubric.Build, Dir: dir, Conditions: targets.Conditions{Env: b.Rubric.Env}}
	result, err := targets.Run(ctx, command, into, b.buildLimits())
	var wrong *targets.CommandError
	switch {
	case ctx.Err() != nil:
		return "", nil, context.Cause(ctx)
	case errors.As(err, &wrong):
		r.State, r.Reason = store.NotBuilt, fmt.Sprintf("the build cannot be run: %v", wrong.Err)
		return "", []byte{}, nil
	case err != nil:
		return "", nil, fmt.Errorf("build the submission %s: %w", store.Quoted(r.Name), err)
	}
	output = []byte(report.Block(result.Output))
	switch {
	case result.Late && !r.Retried:
		// Beside others it may only have been slow: it is built once more, alone.
		r.State, r.Reason = store.NotJudged, "the build was stopped: "+result.Stopped
	case strings.HasPrefix(result.Stopped, "it grew to"):
		// How far it came depends on the machine, and a grade does not.
		r.State, r.Reason = store.NotBuilt, fmt.Sprintf("the build was stopped: it made more than %d processes", b.buildLimits().Processes)
	case result.Stopped != "":
		r.State, r.Reason = store.NotBuilt, "the build was stopped: "+result.Stopped
	case !result.Succeeded():
		r.State, r.Reason = store.NotBuilt, "the build failed: "+targets.Describe(result.Status)
	}
	return into, output, nil
}

func (b *Batch) buildLimits() targets.RunLimits {
	limits, own := targets.DefaultRunLimits(), b.Rubric.Limits
	// What was unpacked is handed back, with what was built.
	limits.Files, limits.HandedBytes = 5000, 256<<20
	limits.Time = defaultBuildTime
	if own.BuildTime > 0 {
		limits.Time = own.BuildTime
	}
	if own.BuildMemoryBytes > 0 {
		limits.MemoryBytes = own.BuildMemoryBytes
	}
	if own.BuildDiskBytes > 0 {
		limits.DiskBytes = own.BuildDiskBytes
	}
	return limits
}

// defaultBuildTime is how long a build may take.
const defaultBuildTime = 2 * time.Minute

// addFiles puts the files of the rubric into a submission, in place of its own.
func (b *Batch) addFiles(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open a submission: %w", err)
	}
	defer func() { _ = root.Close() }()
	for _, f := range b.Rubric.Files {
		mode := os.FileMode(0o644)
		if f.Executable {
			mode = 0o755
		}
		for above := filepath.Dir(f.Name); above != "."; above = filepath.Dir(above) {
			if info, err := root.Lstat(above); err == nil && !info.IsDir() {
				err = root.Remove(above)
				if err != nil {
					return err
				}
			}
		}
		err := errors.Join(root.RemoveAll(f.Name), root.MkdirAll(filepath.Dir(f.Name), 0o755), root.WriteFile(f.Name, f.Data, mode))
		if err != nil {
			return fmt.Errorf("put %s into a submission: %w", f.Name, err)
		}
	}
	return nil
}
