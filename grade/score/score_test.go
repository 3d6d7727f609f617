package score

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/grade/rubric"
	"github.com/forkproof/forkproof/report"
)

func words() rubric.Vocabulary {
	v := rubric.Vocabulary{
		Models: []string{"forking"}, Protocols: []string{"echo"},
		Applies: func(string, string, string) bool { return true }, HasFlag: func(string) bool { return true },
	}
	for _, id := range []string{"echo/a", "echo/b", "echo/c", "reaping/a", "reaping/b"} {
		level := report.Must
		if id == "reaping/b" {
			level = report.Should
		}
		v.Requirements = append(v.Requirements, rubric.Requirement{ID: id, Level: level})
	}
	return v
}

func parsed(t *testing.T, text string) *rubric.Rubric {
	t.Helper()
	r, err := rubric.Parse("r.yaml", []byte("rubric: v1\ncommand: ./s {port}\n"+text), words())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// result returns a result with a verdict for each requirement, in the order of words. A
// verdict "behind" is not-run because echo/a failed, "unreached" not-run at the end.
func result(verdicts ...string) report.Result {
	var r report.Result
	for i, q := range words().Requirements {
		one := report.Requirement{ID: q.ID, Level: q.Level, Verdict: report.Verdict(verdicts[i]), Found: "found"}
		switch verdicts[i] {
		case "behind":
			one.Verdict, one.FixFirst = report.NotRun, "echo/a"
		case "unreached":
			one.Verdict, one.Unreached, one.Found = report.NotRun, true, "not reached: the time limit"
		}
		r.Requirements = append(r.Requirements, one)
	}
	return r
}

func TestPoints(t *testing.T) {
	const points = "points: {echo: 10, reaping: 5}\n"
	for _, test := range []struct {
		name, rubric string
		verdicts     string
		want         string // points of out-of; remarks
	}{
		{"all met", points, "pass pass pass pass pass", "15 of 15"},
		{"a third is exact", points, "pass pass fail pass pass", "11.67 of 15"},
		{"nothing", points, "fail fail fail fail fail", "0 of 15"},
		{"a SHOULD that is not met", points, "pass pass pass pass advice", "12.5 of 15"},
		{"a MUST that is met late", points, "pass pass pass advice pass", "15 of 15"},
		{"what does not apply has no share", points, "pass n/a n/a fail pass", "12.5 of 15"},
		{"an item of which nothing applies", points, "pass pass pass n/a n/a", "10 of 10"},
		{"n/a earns nothing", points + "n/a: nothing\n", "pass pass pass n/a n/a", "10 of 15"},
		{"n/a is held", points + "n/a: hold\n", "pass pass pass n/a pass", "15 of 15; held: reaping/a does not apply to this server"},
		{"an error holds", points, "pass pass error pass pass", "11.67 of 15; held: echo/c could not be judged"},
		{"an error is left out", points + "error: leave-out\n", "pass pass error pass pass", "15 of 15"},
		{"behind a failure", points, "fail behind pass pass pass", "8.33 of 15"},
		{"a share behind a failure", points + "not-run: 0.5\n", "fail behind pass pass pass", "10 of 15"},
		{"held behind a failure", points + "not-run: hold\n", "fail behind pass pass pass", "8.33 of 15; held: echo/b was not tested because echo/a failed"},
		{"unreached", points, "pass unreached unreached pass pass", "8.33 of 15; not reached: the time limit"},
		{"weights", points + "weights: {echo/c: 2}\n", "pass pass fail pass pass", "10 of 15"},
		{"extra", "points: {echo: 10}\nextra: {reaping: 2}\n", "pass pass pass pass fail", "11 of 10"},
		{"scaled", points + "out-of: 100\n", "pass pass fail pass pass", "77.78 of 100"},
		{"extra is scaled, too", "points: {echo: 10}\nextra: {reaping: 2}\nout-of: 100\n", "pass pass pass pass fail", "110 of 100"},
		{"required", points + "require: [reaping/a]\n", "pass pass pass fail pass", "0 of 15; reaping/a is required and not met: the grade is at most 0"},
		{"required, with a limit", points + "require: {reaping: 9}\n", "pass pass pass pass advice", "9 of 15; reaping/b is required and not met: the grade is at most 9"},
		{"below the limit", points + "require: {reaping/a: 9}\n", "fail fail fail fail pass", "2.5 of 15"},
		{"not judged", points, "pass pass pass not-run pass", "15 of 15; not judged: reaping/a"},
		{"nothing judged", points, "n/a n/a n/a n/a n/a", "0 of 0; held: nothing that earns points could be judged"},
	} {
		g := Of(parsed(t, test.rubric), result(strings.Fields(test.verdicts)...))
		got := Text(g.Points) + " of " + Text(g.OutOf)
		for _, why := range g.Held {
			got += "; held: " + why
		}
		for _, note := range g.Notes {
			got += "; " + note
		}
		if len(g.NotJudged) > 0 {
			got += "; not judged: " + strings.Join(g.NotJudged, ", ")
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestNotes(t *testing.T) {
	g := Of(parsed(t, "points: {echo: 10, reaping: 5}\n"), result("fail", "behind", "fail", "error", "unreached"))
	var got []string
	for _, i := range g.Items {
		got = append(got, strings.Join(i.Notes, "; "))
	}
	want := []string{"not met: echo/a, echo/c; not tested because echo/a failed: echo/b", "could not be judged: reaping/a; not reached: reaping/b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is hidden is nowhere in what a student sees.
func TestSeen(t *testing.T) {
	r := parsed(t, "points: {echo: 10, reaping: 5}\nrequire: {reaping/a: 3}\nshow: {all: evidence, echo/b: hints, echo/c: names, reaping: nothing}\n")
	res := result("fail", "fail", "fail", "fail", "pass")
	for i := range res.Requirements {
		q := &res.Requirements[i]
		q.Found, q.Hint, q.Rule = "found "+q.ID, "hint "+q.ID, "rule "+q.ID
		q.Evidence = &report.Evidence{Output: "output " + q.ID}
		res.Causes = append(res.Causes, report.Cause{ID: "cause-" + q.ID, Title: "title " + q.ID, Found: "seen " + q.ID, Hint: "mend " + q.ID, Requirements: []string{q.ID}})
	}
	res.Requirements[0].FixFirst = "reaping/a"
	seen := Seen(r, res, Of(r, res))
	var b bytes.Buffer
	if err := report.WriteJSON(&b, seen); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, shown := range []string{"output echo/a", "title echo/a", "hint echo/b", "title echo/b", `"echo/c"`, `"points": 0,`} {
		if !strings.Contains(text, shown) {
			t.Errorf("%q is not shown", shown)
		}
	}
	for _, hidden := range []string{"reaping/", "output echo/b", "found echo/b", "seen echo/b", "hint echo/c", "title echo/c", "output echo/c"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q is shown", hidden)
		}
	}
}

func TestWorst(t *testing.T) {
	one, two, three := result("pass", "fail", "error", "pass", "n/a"), result("fail", "pass", "pass", "advice", "error"), result("pass", "pass", "pass", "pass", "pass")
	one.Causes, two.Causes = []report.Cause{{ID: "x", Requirements: []string{"echo/b"}}}, []report.Cause{{ID: "y", Requirements: []string{"echo/a"}}}
	worst := Worst([]report.Result{one, two, three})
	var got []string
	for _, q := range worst.Requirements {
		got = append(got, string(q.Verdict))
	}
	if diff := cmp.Diff([]string{"fail", "fail", "pass", "advice", "pass"}, got); diff != "" || len(worst.Causes) != 2 || worst.Verdict != report.Nonconformant {
		t.Error(diff, worst.Causes, worst.Verdict)
	}
	if one.Requirements[0].Verdict != report.Pass {
		t.Error("a result was changed")
	}
}
