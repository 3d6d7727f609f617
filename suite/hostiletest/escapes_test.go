package hostiletest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/internal/testbinary"
	"github.com/forkproof/forkproof/report"
)

var update = flag.Bool("update", false, "write the golden files")

// failed is what the two servers fail whose output is quoted.
const failed = "descriptors/parent-closes-connection"

// outputs are what forkproof wrote about one server, by format.
type outputs struct{ terminal, coloured, quiet, json, junit, stderr string }

// TestOutputIsQuoted judges two servers that print what could harm the reader of
// a report. They fail, every report quotes their output, and no report contains
// it unescaped.
func TestOutputIsQuoted(t *testing.T) {
	for _, name := range []string{"steers-the-terminal", "forged-verdict"} {
		t.Run(name, func(t *testing.T) {
			all := outputsOf(t, name)
			for where, text := range map[string]string{
				"terminal": all.terminal, "quiet terminal": all.quiet, "standard error": all.stderr,
				"coloured terminal": colours.ReplaceAllString(all.coloured, ""),
				"JSON":              all.json, "JUnit": all.junit,
			} {
				for _, problem := range harm(text) {
					t.Errorf("in %s: %s", where, problem)
				}
			}
			quotedAsGolden(t, name, all.terminal)
			oneResult(t, all.json)
			oneFailure(t, all.junit)
			for _, line := range lines(all.terminal) {
				if line == "verdict: conformant" || strings.HasPrefix(line, "Grade :=>>") {
					t.Errorf("a line of the server looks like one of forkproof's: %q", line)
				}
			}
		})
	}
}

// colours matches the escape sequences that forkproof itself writes.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// outputsOf judges a server and returns the report in every format.
func outputsOf(t *testing.T, name string) outputs {
	t.Helper()
	built, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := testbinary.Forkproof()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	jsonFile, junitFile := filepath.Join(dir, "result.json"), filepath.Join(dir, "result.xml")
	var all outputs
	for _, run := range []struct {
		stdout *string
		flags  []string
		env    string
	}{
		{&all.terminal, []string{"-v", "--json", jsonFile, "--junit", junitFile}, "NO_COLOR=1"},
		{&all.coloured, nil, "FORCE_COLOR=1"},
		{&all.quiet, []string{"-q"}, "NO_COLOR=1"},
	} {
		args := append([]string{"check", "--only", failed}, run.flags...)
		cmd := exec.CommandContext(t.Context(), binary, append(args, "--", built[name], "{port}")...)
		cmd.Env = append(os.Environ(), run.env, "LC_ALL=C.UTF-8")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		output, err := cmd.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Fatalf("%v, want exit status 1\n%s%s", err, output, stderr.String())
		}
		*run.stdout, all.stderr = string(output), all.stderr+stderr.String()
	}
	for path, text := range map[string]*string{jsonFile: &all.json, junitFile: &all.junit} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		*text = string(data)
	}
	return all
}

// harm lists what in a text would control a terminal, hide or reorder text, or
// be a command to a CI system.
func harm(text string) []string {
	var problems []string
	if !utf8.ValidString(text) {
		problems = append(problems, "bytes that are not UTF-8")
	}
	for _, r := range text {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.C, unicode.Zl, unicode.Zp, unicode.Bidi_Control,
			unicode.Other_Default_Ignorable_Code_Point) {
			problems = append(problems, fmt.Sprintf("the character %U", r))
		}
	}
	for _, line := range lines(text) {
		start := strings.TrimSpace(line)
		if strings.HasPrefix(start, "::") && strings.Contains(start[2:], "::") {
			problems = append(problems, "a command of GitHub: "+line)
		}
		for _, command := range []string{"##[", "##vso[", "##teamcity["} {
			if strings.Contains(line, command) {
				problems = append(problems, command+" in: "+line)
			}
		}
	}
	return problems
}

// quotedAsGolden compares the quoted output of the server with a golden file.
func quotedAsGolden(t *testing.T, name, text string) {
	t.Helper()
	var quoted strings.Builder
	seen := map[string]bool{}
	for _, line := range lines(text) {
		if rest, found := strings.CutPrefix(line, "    | "); found && !seen[rest] && !strings.HasPrefix(rest, "listening on port") {
			quoted.WriteString(rest + "\n")
			seen[rest] = true
		}
	}
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(quoted.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), quoted.String()); diff != "" {
		t.Errorf("the quotation differs from %s (-update writes it):\n%s", path, diff)
	}
}

// oneResult checks that the JSON is one result with one failure.
func oneResult(t *testing.T, text string) {
	t.Helper()
	var result report.Result
	decoder := json.NewDecoder(strings.NewReader(text))
	if err := decoder.Decode(&result); err != nil {
		t.Fatal(err)
	}
	if decoder.More() {
		t.Error("there is more than one result")
	}
	if result.Verdict != report.Nonconformant || result.Summary[report.Fail] != 1 {
		t.Errorf("it is %s with %v", result.Verdict, result.Summary)
	}
}

// oneFailure checks that the JUnit file is well-formed, with one failure and no
// test case that forkproof did not write.
func oneFailure(t *testing.T, text string) {
	t.Helper()
	if strings.Contains(text, "<![CDATA[") || strings.Contains(text, "]]>") {
		t.Error("there is a CDATA section or its end")
	}
	failures := 0
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if token == nil {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if element.Name.Local == "failure" {
			failures++
		}
		for _, attribute := range element.Attr {
			if element.Name.Local != "property" && strings.Contains(attribute.Value, "forged") {
				t.Errorf("<%s %s=%q> was not written by forkproof", element.Name.Local, attribute.Name.Local, attribute.Value)
			}
		}
	}
	if failures != 1 {
		t.Errorf("there are %d failures, want 1", failures)
	}
}

// TestHarmIsSeen checks that harm finds what it looks for.
func TestHarmIsSeen(t *testing.T) {
	for _, raw := range []string{
		"\x1b[2J", "\u009b1m", "\x7f", "\r", "\xff", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\U000e0041",
		"  ::error::x", "a ##[error]b", "##vso[x]", "##teamcity[x]", "\u3164",
	} {
		if len(harm(raw)) == 0 {
			t.Errorf("%q is taken for harmless", raw)
		}
	}
	if problems := harm("plain, naïve §5.10 [::]:40001 日本\n\tnext"); len(problems) > 0 {
		t.Errorf("plain text is taken for harmful: %v", problems)
	}
}
