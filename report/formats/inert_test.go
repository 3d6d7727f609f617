package formats

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/reporttest"
)

// hostile is output by which a server tries to steer a program that reads the report.
const hostile = "x\n::error::owned\r\n::set-env name=A::b\nnot ok 1\n1..0\nBail out!\n  ...\n---\n" +
	"</details><script>alert(1)</script> [a](javascript:1) ![i](http://e/x.png) https://evil.example www.evil.example @all `tick` ```\n| a | b |\n" +
	"\x1b[2J\u202e%0A,file=/etc/passwd # TODO \\# SKIP"

// withHostileText returns a result in which every text that a server can bring in is
// hostile, with a cause at a place of the source.
func withHostileText(t *testing.T) report.Result {
	t.Helper()
	r := reporttest.Result(t)
	r.Target.Command = []string{hostile}
	for i := range r.Requirements {
		q := &r.Requirements[i]
		q.Found, q.Expected, q.Diagnosis, q.Done = hostile, hostile, hostile, []string{hostile}
		q.Cause = "the-cause"
	}
	r.Causes = []report.Cause{{
		ID: "the-cause", Title: hostile, Requirements: []string{"reaping/five-at-once"}, Explains: 1, Found: hostile, Hint: hostile,
		Where: &report.Place{File: "dir/a file,b:" + hostile + ".c", Line: 37, Function: hostile},
	}}
	return r
}

func written(t *testing.T, name string, r report.Result) string {
	t.Helper()
	format, known := Find(name)
	if !known {
		t.Fatalf("no format %s", name)
	}
	var b bytes.Buffer
	if err := format.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every line is a command of ours, with the place of the cause.
func TestGitHubIsInert(t *testing.T) {
	for line := range strings.Lines(written(t, "github", withHostileText(t))) {
		if !strings.HasPrefix(line, "::error file=dir/a file%2Cb%3A") && !strings.HasPrefix(line, "::warning title=") && !strings.HasPrefix(line, "::notice title=") {
			t.Errorf("a line of the server's own: %q", line)
		}
	}
}

// A test point is a line, and what belongs to it is indented.
func TestTAPIsInert(t *testing.T) {
	points := 0
	for line := range strings.Lines(written(t, "tap", withHostileText(t))) {
		switch {
		case strings.HasPrefix(line, "ok "), strings.HasPrefix(line, "not ok "):
			points++
			if at, text, found := strings.Cut(line, " # "); found && (strings.Contains(strings.ReplaceAll(text, `\#`, ""), "#") || strings.Contains(at, " #")) {
				t.Errorf("more than one directive: %q", line)
			}
		case strings.HasPrefix(line, "  "), strings.HasPrefix(line, "#"), line == "TAP version 13\n", strings.HasPrefix(line, "1.."):
		default:
			t.Errorf("a line of the server's own: %q", line)
		}
	}
	if want := len(reporttest.Result(t).Requirements); points != want {
		t.Errorf("%d test points, want %d", points, want)
	}
}

// Outside of code, nothing that the server wrote has a meaning.
func TestMarkdownIsInert(t *testing.T) {
	text := written(t, "markdown", withHostileText(t))
	fenced := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			fenced = !fenced
			continue
		}
		for _, live := range []string{"<script", "](", "https://", "www.", "@all", "\x1b", "\u202e"} {
			if !fenced && !strings.Contains(line, "`") && strings.Contains(line, live) {
				t.Errorf("%q is live in %q", live, line)
			}
		}
	}
	if fenced || strings.Count(text, "<details>") != strings.Count(text, "</details>\n\n") {
		t.Error("a fence or a fold stays open")
	}
}

func TestSARIFHasThePlace(t *testing.T) {
	r := withHostileText(t)
	r.Causes[0].Where = &report.Place{File: "my server.c", Line: 37, Function: "serve"}
	var log sarifLog
	if err := json.Unmarshal([]byte(written(t, "sarif", r)), &log); err != nil {
		t.Fatal(err)
	}
	got := log.Runs[0].Results[0].Locations[0]
	if got.Physical.Artifact.URI != "my%20server.c" || got.Physical.Region.StartLine != 37 || got.Logical[0].Name != "serve" {
		t.Errorf("the cause is at %+v", got)
	}
}

// The summary of a step takes 1 MiB.
func TestMarkdownFits(t *testing.T) {
	r := withHostileText(t)
	for i := range r.Requirements {
		r.Requirements[i].Verdict, r.Requirements[i].Found = report.Fail, strings.Repeat("long ", 100_000)
	}
	text := written(t, "markdown", r)
	if len(text) > 1<<20 || !strings.Contains(text, "more are left out") {
		t.Errorf("%d bytes", len(text))
	}
}
