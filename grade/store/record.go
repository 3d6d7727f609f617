package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// The names of the formats.
const (
	BatchSchema  = "forkproof/batch/v1"
	RecordSchema = "forkproof/submission/v1"
)

// A Batch is what was to be judged into a folder, and by what.
type Batch struct {
	Schema string `json:"schema"`
	// Version is that of forkproof.
	Version string `json:"version"`
	// Rubric is the SHA-256 of the rubric that the points are counted by, and Judging that
	// of the parts by which the submissions were judged.
	Rubric  string `json:"rubric"`
	Judging string `json:"judging"`
	Seed    uint64 `json:"seed"`
	// Shards is into how many parts the class was divided; Shard are those, from 1, that
	// are in this folder. One part is the whole class.
	Shards int   `json:"shards"`
	Shard  []int `json:"shard"`
	// Names are the submissions of this folder, in order.
	Names []string `json:"names"`
}

// A State says how far a submission came.
type State string

const (
	// Judged: there is a result.
	Judged State = "judged"
	// Refused: it is broken, empty, too large, or leads out of itself.
	Refused State = "refused"
	// NotBuilt: its build failed.
	NotBuilt State = "not-built"
	// NotStarted: there is no program to start.
	NotStarted State = "not-started"
	// NotJudged: forkproof or the machine failed.
	NotJudged State = "not-judged"
)

// A Record says what became of one submission.
type Record struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
	// SHA256 is the hash of its files; empty if it was refused.
	SHA256 string `json:"sha256,omitempty"`
	State  State  `json:"state"`
	// Reason says in one sentence why there is no result; not escaped.
	Reason string `json:"reason,omitempty"`
	// ResultSHA256 is the hash of the result file.
	ResultSHA256 string `json:"result_sha256,omitempty"`
	// Retried says that what could not be judged was tried a second time.
	Retried bool `json:"retried,omitempty"`
	// Built says that there is an output of a build.
	Built bool `json:"built,omitempty"`
	// LeftOut are entries of the submission that are neither files nor folders.
	LeftOut []string `json:"left_out,omitempty"`
	// Verdicts and Causes are those of the result, in short.
	Verdicts []Verdict `json:"verdicts,omitempty"`
	Causes   []Cause   `json:"causes,omitempty"`
	// JudgedAt is when it was judged, as in RFC 3339.
	JudgedAt string `json:"judged_at"`
}

// A Verdict is what points are counted by.
type Verdict struct {
	ID        string         `json:"id"`
	Level     report.Level   `json:"level"`
	Verdict   report.Verdict `json:"verdict"`
	FixFirst  string         `json:"fix_first,omitempty"`
	Unreached bool           `json:"unreached,omitempty"`
	// Found is why there is no verdict.
	Found string `json:"found,omitempty"`
}

// A Cause is one thing that a server does wrong.
type Cause struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Fails says that it explains a failure, and not only advice.
	Fails bool `json:"fails"`
}

// Take fills in what a record has of a result, as the result file says it.
func (r *Record) Take(result report.Result, file []byte) {
	sum := sha256.Sum256(file)
	r.State, r.Reason, r.ResultSHA256, r.Verdicts, r.Causes = Judged, "", hex.EncodeToString(sum[:]), nil, nil
	for _, q := range result.Requirements {
		v := Verdict{ID: q.ID, Level: q.Level, Verdict: q.Verdict, FixFirst: q.FixFirst, Unreached: q.Unreached}
		if q.Verdict == report.Error || q.Unreached {
			v.Found = q.Found
		}
		r.Verdicts = append(r.Verdicts, v)
	}
	for _, c := range result.Explanations() {
		r.Causes = append(r.Causes, Cause{ID: c.ID, Title: c.Title, Fails: result.Fails(c)})
	}
}

// Result returns the verdicts as a result that points can be counted by.
func (r Record) Result() report.Result {
	var result report.Result
	for _, v := range r.Verdicts {
		result.Requirements = append(result.Requirements, report.Requirement{
			ID: v.ID, Level: v.Level, Verdict: v.Verdict, FixFirst: v.FixFirst, Unreached: v.Unreached, Found: v.Found,
		})
	}
	return result
}

// Errors returns the IDs of what could not be judged.
func (r Record) Errors() []string {
	var ids []string
	for _, v := range r.Verdicts {
		if v.Verdict == report.Error {
			ids = append(ids, v.ID)
		}
	}
	return ids
}

// Batch returns what was to be judged; found is false in a new folder.
func (f *Folder) Batch() (b Batch, found bool, err error) {
	found, err = f.readJSON(&b, BatchSchema, "batch.json")
	return b, found, err
}

// WriteBatch writes down what is to be judged, with its rubric.
func (f *Folder) WriteBatch(b Batch, rubric []byte) error {
	b.Schema = BatchSchema
	if err := f.Write(rubric, "rubric.yaml"); err != nil {
		return err
	}
	return f.WriteJSON(b, "batch.json")
}

// submissions is the folder that has one for each submission.
const submissions = "submissions"

// The names of folders in the making begin with these. No key begins with a dot.
const (
	earlierPrefix = ".earlier."
	mergePrefix   = ".merge."
)

// Record returns the record of a submission; found is false when it was not judged. A
// record whose result file is another one counts as none.
func (f *Folder) Record(name string) (r Record, found bool, err error) {
	return f.recordIn(submissions, Key(name))
}

func (f *Folder) recordIn(dir ...string) (r Record, found bool, err error) {
	if found, err = f.readJSON(&r, RecordSchema, append(slices.Clone(dir), "submission.json")...); err != nil || !found {
		return Record{}, false, err
	}
	if r.State != Judged {
		return r, true, nil
	}
	file, err := os.ReadFile(f.Path(append(slices.Clone(dir), "result.json")...))
	sum := sha256.Sum256(file)
	if err != nil || hex.EncodeToString(sum[:]) != r.ResultSHA256 {
		return Record{}, false, nil
	}
	return r, true, nil
}

// Result returns the result file of a submission that was judged.
func (f *Folder) Result(name string) (report.Result, []byte, error) {
	path := f.Path(submissions, Key(name), "result.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return report.Result{}, nil, unreadable(path, err)
	}
	result, err := report.ReadJSON(bytes.NewReader(data))
	if err != nil {
		return result, nil, fmt.Errorf("read %s: %w", Quoted(path), err)
	}
	return result, data, nil
}

// Save writes what became of a submission: the record last. What an earlier submission
// of the same name got is kept.
func (f *Folder) Save(r Record, result, build []byte) error {
	if err := f.keepEarlier(r); err != nil {
		return err
	}
	r.Schema, r.Built = RecordSchema, build != nil || r.Built
	if build != nil {
		if err := f.Write(build, submissions, Key(r.Name), "build.txt"); err != nil {
			return err
		}
	}
	if result != nil {
		if err := f.Write(result, submissions, Key(r.Name), "result.json"); err != nil {
			return err
		}
	}
	return f.WriteJSON(r, submissions, Key(r.Name), "submission.json")
}

// WritePage writes a page of a submission.
func (f *Folder) WritePage(text []byte, name, page string) error {
	return f.Write(text, submissions, Key(name), page)
}

// keepEarlier moves the result of an earlier submission out of the way.
func (f *Folder) keepEarlier(r Record) error {
	dir := f.Path(submissions, Key(r.Name))
	old, found, err := f.Record(r.Name)
	if err != nil || !found || old.SHA256 == r.SHA256 || old.State == NotJudged {
		return err
	}
	earlier := filepath.Join(dir, "earlier", old.hash())
	if err := errors.Join(os.RemoveAll(earlier), os.MkdirAll(filepath.Dir(earlier), 0o777)); err != nil {
		return fmt.Errorf("keep the earlier result %s: %w", Quoted(earlier), cause(err))
	}
	// In one step, so that nothing of it is lost.
	tmp := filepath.Join(f.Path(submissions), earlierPrefix+Key(r.Name)[:min(len(Key(r.Name)), 100)])
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.Mkdir(tmp, 0o777); err != nil {
		return fmt.Errorf("keep the earlier result %s: %w", Quoted(earlier), cause(err))
	}
	for _, name := range []string{"build.txt", "result.json", "report.html", "submission.json"} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(tmp, name)); err != nil {
			return err
		}
	}
	if err := os.Rename(tmp, earlier); err != nil {
		return fmt.Errorf("keep the earlier result %s: %w", Quoted(earlier), cause(err))
	}
	return nil
}

// hash names a submission that was judged.
func (r Record) hash() string {
	if r.SHA256 == "" {
		return string(r.State)
	}
	return r.SHA256[:min(16, len(r.SHA256))]
}

// Earlier returns the records of earlier submissions of a name, the first one first.
func (f *Folder) Earlier(name string) ([]Record, error) {
	entries, err := os.ReadDir(f.Path(submissions, Key(name), "earlier"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(f.Path(submissions, Key(name)), err)
	}
	var list []Record
	for _, e := range entries {
		r, found, err := f.recordIn(submissions, Key(name), "earlier", e.Name())
		if err != nil {
			return nil, err
		}
		if found {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b Record) int { return strings.Compare(a.JudgedAt, b.JudgedAt) })
	return list, nil
}
