package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ReadJSON reads a result file. It ignores fields that it does not know, so that a
// file of a newer forkproof can be read. The error says what is wrong with the file,
// but not which file it is.
func ReadJSON(from io.Reader) (Result, error) {
	var r Result
	data, err := io.ReadAll(from)
	if err != nil {
		return r, err
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return r, fmt.Errorf("it is not a result file: %w", err)
	}
	switch head.Schema {
	case Schema:
	case "":
		return r, fmt.Errorf("it is not a result file: its schema is not %q", Schema)
	default:
		return r, fmt.Errorf("its schema is %q, and this forkproof reads %q", head.Schema, Schema)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("it is not a result file: %w", err)
	}
	return r, r.check()
}

// check returns an error if the result lacks what every renderer relies on.
func (r Result) check() error {
	if !slices.Contains([]Outcome{Conformant, Nonconformant, NotJudged}, r.Verdict) {
		return fmt.Errorf("it is not a result file: unknown verdict %q of the run", r.Verdict)
	}
	if len(r.Requirements) == 0 {
		return errors.New("it is not a result file: it has no requirements")
	}
	for _, q := range r.Requirements {
		if q.ID == "" || !slices.Contains(verdicts(), q.Verdict) {
			return fmt.Errorf("it is not a result file: unknown verdict %q of requirement %q", q.Verdict, q.ID)
		}
	}
	for _, c := range r.Causes {
		if len(c.Requirements) == 0 {
			return fmt.Errorf("it is not a result file: the cause %q explains no requirement", c.ID)
		}
	}
	return nil
}
