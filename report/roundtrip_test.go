package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is escaped for the reader's sake is the same string to a program.
func TestJSONLosesNothing(t *testing.T) {
	want := fixture()
	want.Target.Command = []string{strings.ToValidUTF8(hostile, "?") + "\U000e0041 ###vso[ \"\\ \u2029"}
	want.Requirements[1].Found, want.Requirements[1].Evidence.Output = "plain", "a\tb\r\n"
	want.Requirements[2].Collateral = true
	var b bytes.Buffer
	if err := WriteJSON(&b, want); err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(b.String(), "\n", ""); !harmless(text) || command(text) {
		t.Errorf("the file holds characters that cannot be seen, or a log command: %q", text)
	}
	var got Result
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

// A reader of JUnit finds the whole message in the text of the failure.
func TestJUnitAsGitLabReadsIt(t *testing.T) {
	var b bytes.Buffer
	if err := WriteJUnit(&b, fixture()); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "CDATA") || !harmless(strings.ReplaceAll(b.String(), "\n", "")) {
		t.Error("the file holds CDATA, or characters that cannot be seen")
	}
	var read struct {
		Cases []struct {
			Class   string  `xml:"classname,attr"`
			Name    string  `xml:"name,attr"`
			Time    float64 `xml:"time,attr"`
			Failure *string `xml:"failure"`
			Error   *string `xml:"error"`
			Skipped *string `xml:"skipped"`
			Out     string  `xml:"system-out"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(b.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	all := fixture().Requirements
	if len(read.Cases) != len(all) {
		t.Fatalf("read %d cases, want %d", len(read.Cases), len(all))
	}
	for i, c := range read.Cases {
		want := all[i]
		chapter, _ := splitID(want.ID)
		if c.Class != "forkproof."+chapter || !strings.HasPrefix(c.Name, want.ID+" ") {
			t.Errorf("case %q of class %q, want %s", c.Name, c.Class, want.ID)
		}
		if (c.Failure != nil) != (want.Verdict == Fail) || (c.Error != nil) != (want.Verdict == Error) ||
			(c.Skipped != nil) != (want.Verdict == NotApplicable || want.Verdict == NotRun) || (c.Out != "") != (want.Verdict == Advice) {
			t.Errorf("%s: the case does not show %s", want.ID, want.Verdict)
		}
	}
	for _, part := range []string{"Expected", "process 812 holds no connection", "]]> </failure>", "> FD 4", "UNP 3rd ed. §4.8", "close(connfd)"} {
		if text := *read.Cases[1].Failure; !strings.Contains(text, part) {
			t.Errorf("the failure's text lacks %q:\n%s", part, text)
		}
	}
}
