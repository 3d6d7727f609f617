package html

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/reporttest"
)

func write(t *testing.T, r report.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// void are the elements that have no end tag.
var void = []string{"meta", "br", "path", "rect", "circle"}

// allowed are all elements that the page consists of; it has no others, whatever a
// server wrote.
var allowed = strings.Fields("html head meta title style body header main section h1 h2 h3 p ul ol li dl dt dd " +
	"a b br code pre cite span div table thead tbody tr th td details summary figure figcaption svg g desc text path rect circle")

// check parses the page: every element ends where it should, is one of those that the
// page is made of, and carries nothing that runs or loads. It returns the text.
func check(t *testing.T, page string) string {
	t.Helper()
	var text strings.Builder
	var open []string
	ids := map[string]bool{}
	for z := html.NewTokenizer(strings.NewReader(page)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("not ended: %v", open)
			}
			return text.String()
		case html.TextToken:
			text.WriteString(z.Token().Data)
		case html.CommentToken:
			t.Error("the page has a comment")
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			checkElement(t, token, ids)
			if token.Type == html.StartTagToken && !slices.Contains(void, token.Data) {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> ends none of %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}

func checkElement(t *testing.T, token html.Token, ids map[string]bool) {
	t.Helper()
	if !slices.Contains(allowed, token.Data) {
		t.Errorf("the page has an element <%s>", token.Data)
	}
	for _, a := range token.Attr {
		name := strings.ToLower(a.Key)
		if strings.HasPrefix(name, "on") || name == "src" || name == "style" || name == "href" && !strings.HasPrefix(a.Val, "#f") {
			t.Errorf("<%s> has %s=%q", token.Data, a.Key, a.Val)
		}
		if name == "id" && ids[a.Val] {
			t.Errorf("two elements have the id %q", a.Val)
		}
		ids[a.Val] = ids[a.Val] || name == "id"
	}
}

func TestPageTells(t *testing.T) {
	text := check(t, write(t, reporttest.Result(t)))
	for _, part := range []string{
		"nonconformant: 2 of 5 requirements failed", "Start here", "call close(connfd) in the parent, after fork", "UNP 3rd ed. §4.8",
		"✗ fail", "descriptors/parent-closes-connection", "Expected", "Found", "PROCESS 812", "FD 4", "✝ ZOMBIE 814",
		"? error", "! advice", "the server does not fork",
		`forkproof check --only reaping/five-at-once -- './my server' {port}`,
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

// Every text of the result is hostile, and none of it does anything.
func TestHostileText(t *testing.T) {
	for _, evil := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, `</pre></style></title><svg onload=alert(1)>`,
		`<!--`, `]]>`, `javascript:alert(1)`, `{{.Result}}`, `&lt;script&gt;`, "\x1b[31m\x1b]0;x\x07", "\u202egnp.exe\u2066\u200b\u2028", "\xff\x00\x9b", `url(http://example.org)`,
	} {
		text := check(t, write(t, spoilt(t, evil)))
		seen := report.Line(evil)
		if n := strings.Count(text, seen); n < 20 {
			t.Errorf("%q is on the page %d times, want it shown as text wherever it came", seen, n)
		}
		for _, r := range "\x1b\x00\u202e\u2066\u200b\u2028\u009b" {
			if strings.ContainsRune(text, r) {
				t.Errorf("the page has %U", r)
			}
		}
	}
}

// spoilt returns a result in which every text is hostile, save the words that are
// forkproof's own.
func spoilt(t *testing.T, evil string) report.Result {
	r := reporttest.Result(t)
	r.Target.Command = []string{evil, evil}
	r.Target.Model, r.Target.Protocol, r.Tool.Version, r.Environment.Kernel = evil, evil, evil, evil
	r.Environment.Isolation, r.Environment.IsolationReason = evil, evil
	for i := range r.Requirements {
		q := &r.Requirements[i]
		q.ID, q.Title, q.Expected, q.Found, q.Diagnosis = fmt.Sprint(evil, "/", i), evil, evil, evil, evil
		q.Rule, q.Hint, q.Source, q.Cause, q.Level, q.Done = evil, evil, evil, evil, report.Level(evil), []string{evil}
		if q.Evidence == nil {
			continue
		}
		q.Evidence.Output, q.Evidence.Ended = evil, evil
		q.Evidence.Clients = []report.Client{{Address: evil, Name: evil, End: evil, Wrong: &report.Wrong{Want: evil, Got: evil}}}
		for j := range q.Evidence.Processes {
			p := &q.Evidence.Processes[j]
			p.Role, p.Blocked, p.SIGCHLD = evil, evil, evil
			for k := range p.Descriptors {
				p.Descriptors[k].What, p.Descriptors[k].Client, p.Descriptors[k].State = evil, evil, evil
				p.Descriptors[k].Kind, p.Descriptors[k].Object = "connected socket", uint64(k+1)
			}
		}
	}
	r.Causes = []report.Cause{{
		ID: evil, Title: evil, Requirements: []string{r.Requirements[1].ID}, Explains: 1, Found: evil,
		Where: &report.Place{File: evil, Line: 1, Function: evil}, Hint: evil, Rule: evil, Source: evil,
	}}
	return r
}

// A server that fails everything, with as much evidence as there may be, has a page
// that opens at once.
func TestPageIsSmall(t *testing.T) {
	for name, output := range map[string]string{"plain": strings.Repeat("output\n", 290), "hostile": strings.Repeat(`"&<`, 700)} {
		r := reporttest.Result(t)
		r.Requirements, r.Causes = nil, nil
		for i := range 70 {
			r.Requirements = append(r.Requirements, crowded(i, output))
			if name == "hostile" {
				r.Requirements[i].Found, r.Requirements[i].Expected = output, output
			}
		}
		r.Summarise()
		page := write(t, r)
		check(t, page)
		if len(page) >= 1<<20 {
			t.Errorf("%s: the page has %d bytes, want less than 1 MiB", name, len(page))
		}
		if n := strings.Count(page, "<svg"); name == "plain" && n < 3 {
			t.Errorf("%d scenes are drawn", n)
		}
	}
}

// crowded is a failure of which everything is long.
func crowded(i int, output string) report.Requirement {
	q := report.Requirement{
		ID: fmt.Sprintf("chapter/requirement-%d", i), Level: report.Must, Verdict: report.Fail, Title: "does it", Source: "fork(2)",
		Expected: strings.Repeat("expected ", 20), Found: strings.Repeat("found ", 100), Diagnosis: strings.Repeat("diagnosis ", 60),
		Rule: strings.Repeat("rule ", 30), Hint: strings.Repeat("hint ", 30), Evidence: &report.Evidence{Output: output},
	}
	for range 200 {
		q.Done = append(q.Done, "connected one more client, one after another: each was answered twice")
	}
	for pid := range 16 {
		p := report.Process{PID: 1000 + pid, Parent: 1000, State: "sleeping", Blocked: "read(4)", Role: "serves client"}
		for fd := range 4 + pid*4 {
			p.Descriptors = append(p.Descriptors, report.Descriptor{
				FD: fd, Kind: "connected socket", Object: uint64(fd + 1), What: fmt.Sprintf("connection from 127.0.0.1:%d", 20000+fd),
				Client: fmt.Sprintf("client %d", fd), State: "ESTABLISHED", Wrong: fd == pid,
			})
		}
		q.Evidence.Processes = append(q.Evidence.Processes, p)
	}
	return q
}
