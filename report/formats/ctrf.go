package formats

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/forkproof/forkproof/report"
)

// The Common Test Report Format, version 1 (ctrf.io). Times are milliseconds.
type (
	ctrfReport struct {
		Format      string      `json:"reportFormat"`
		Version     string      `json:"specVersion"`
		GeneratedBy string      `json:"generatedBy"`
		Results     ctrfResults `json:"results"`
	}
	ctrfResults struct {
		Tool        ctrfTool        `json:"tool"`
		Summary     ctrfSummary     `json:"summary"`
		Tests       []ctrfTest      `json:"tests"`
		Environment ctrfEnvironment `json:"environment"`
	}
	ctrfTool struct {
		Name    string `json:"name"`
		Version string `json:"version,omitempty"`
	}
	ctrfSummary struct {
		Tests    int   `json:"tests"`
		Passed   int   `json:"passed"`
		Failed   int   `json:"failed"`
		Skipped  int   `json:"skipped"`
		Pending  int   `json:"pending"`
		Other    int   `json:"other"`
		Start    int64 `json:"start"`
		Stop     int64 `json:"stop"`
		Duration int64 `json:"duration"`
		Extra    any   `json:"extra"`
	}
	ctrfTest struct {
		Name      string   `json:"name"`
		Status    string   `json:"status"`
		RawStatus string   `json:"rawStatus"`
		Duration  int64    `json:"duration"`
		Suite     []string `json:"suite"`
		Message   string   `json:"message,omitempty"`
		Trace     string   `json:"trace,omitempty"`
		FilePath  string   `json:"filePath,omitempty"`
		Line      int      `json:"line,omitempty"`
		Tags      []string `json:"tags"`
		Extra     any      `json:"extra,omitempty"`
	}
	ctrfEnvironment struct {
		OSPlatform string `json:"osPlatform"`
		OSRelease  string `json:"osRelease"`
		Extra      any    `json:"extra"`
	}
)

// writeCTRF writes the result in the Common Test Report Format. Advice passes; rawStatus
// has the verdict.
func writeCTRF(w io.Writer, r report.Result) error {
	all := ctrfResults{
		Tool: ctrfTool{"forkproof", report.Line(r.Tool.Version)},
		Environment: ctrfEnvironment{"linux", report.Line(r.Environment.Kernel), map[string]any{
			"isolation": r.Environment.Isolation, "cpus": r.Environment.CPUs, "seed": fmt.Sprint(r.Environment.Seed),
		}},
		Tests: []ctrfTest{},
	}
	for _, q := range r.Requirements {
		all.Tests = append(all.Tests, all.Summary.test(r, q))
	}
	if started, err := time.Parse(time.RFC3339, r.Started); err == nil {
		all.Summary.Start = started.UnixMilli()
	}
	all.Summary.Duration = whole(r.DurationMS)
	all.Summary.Stop = all.Summary.Start + all.Summary.Duration
	all.Summary.Extra = map[string]any{
		"verdict": r.Verdict, "reason": r.OneLine(), "target": report.Line(r.Target.Name()),
		"model": r.Target.Model, "protocol": r.Target.Protocol,
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(ctrfReport{"CTRF", "1.0.0", "forkproof", all})
}

// test returns one requirement as a test, and counts it.
func (s *ctrfSummary) test(r report.Result, q report.Requirement) ctrfTest {
	t := ctrfTest{
		Name: report.Line(q.ID + " " + q.Title), RawStatus: string(q.Verdict), Duration: whole(q.DurationMS),
		Suite: []string{q.Chapter()}, Message: report.Line(q.Found), Tags: []string{string(q.Level)},
	}
	s.Tests++
	switch q.Verdict {
	case report.Pass, report.Advice:
		t.Status = "passed"
		s.Passed++
	case report.Fail:
		t.Status = "failed"
		s.Failed++
	case report.NotApplicable:
		t.Status = "skipped"
		s.Skipped++
	case report.NotRun:
		t.Status = "pending"
		s.Pending++
	default:
		t.Status = "other"
		s.Other++
	}
	if q.Verdict == report.Fail || q.Verdict == report.Advice || q.Verdict == report.Error {
		t.Trace = report.Message(q)
		t.Extra = map[string]string{"hint": report.Line(q.Hint), "rule": report.Line(q.Rule), "source": report.Line(q.Source)}
	}
	if where := r.Where(q); where != nil {
		t.FilePath, t.Line = report.Line(where.File), where.Line
	}
	return t
}

func whole(ms float64) int64 { return int64(math.Round(ms)) }
