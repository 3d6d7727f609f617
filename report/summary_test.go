package report

import "testing"

func TestSummarise(t *testing.T) {
	type q = Requirement
	for name, c := range map[string]struct {
		all  []q
		want Outcome
		code int
	}{
		"all pass":                     {[]q{{Verdict: Pass}, {Verdict: Pass}}, Conformant, 0},
		"advice":                       {[]q{{Verdict: Pass}, {Verdict: Advice}}, Conformant, 0},
		"advice alone":                 {[]q{{Verdict: Advice}}, Conformant, 0},
		"filtered":                     {[]q{{Verdict: Pass}, {Verdict: NotRun}, {Verdict: NotApplicable}}, Conformant, 0},
		"not reached":                  {[]q{{Verdict: Pass}, {Verdict: NotRun, Unreached: true}}, NotJudged, 3},
		"error":                        {[]q{{Verdict: Pass}, {Verdict: Error}}, NotJudged, 3},
		"fail and error":               {[]q{{Verdict: Fail}, {Verdict: Error}}, Nonconformant, 1},
		"fail and not reached":         {[]q{{Verdict: Fail}, {Verdict: NotRun, Unreached: true}}, Nonconformant, 1},
		"nothing applies":              {[]q{{Verdict: NotApplicable}}, NotJudged, 3},
		"nothing at all":               {nil, NotJudged, 3},
		"an unknown verdict":           {[]q{{Verdict: Pass}, {Verdict: "great"}}, NotJudged, 3},
		"unreached means nothing else": {[]q{{Verdict: Pass, Unreached: true}}, Conformant, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := Result{Requirements: c.all}
			r.Summarise()
			if r.Verdict != c.want || r.ExitCode() != c.code {
				t.Errorf("got %s, exit status %d; want %s, %d", r.Verdict, r.ExitCode(), c.want, c.code)
			}
			total := 0
			for _, n := range r.Summary {
				total += n
			}
			if total != len(c.all) || len(r.Summary) != len(verdicts()) {
				t.Errorf("summary %v does not count %d requirements under every verdict", r.Summary, len(c.all))
			}
		})
	}
}

func TestExitCodeOfNoVerdict(t *testing.T) {
	if code := new(Result).ExitCode(); code != 3 {
		t.Errorf("a result without a verdict exits with %d, want 3", code)
	}
}

func TestOneLine(t *testing.T) {
	fail := func(id string) Requirement { return Requirement{ID: id, Verdict: Fail} }
	for want, all := range map[string][]Requirement{
		"conformant: 1 requirement met":                               {{Verdict: Pass}},
		"conformant: none of 2 requirements failed; advice on 1: a/b": {{Verdict: Pass}, {ID: "a/b", Verdict: Advice}},
		"nonconformant: 1 of 2 requirements failed: a/b":              {{Verdict: Pass}, fail("a/b"), {Verdict: NotApplicable}},
		"not-judged: 1 requirement could not be judged: a/b; 1 requirement not reached": {
			{ID: "a/b", Verdict: Error}, {Verdict: NotRun, Unreached: true}, {Verdict: Pass}},
		"not-judged: no requirement was judged": {{Verdict: NotApplicable}},
		"nonconformant: 8 of 8 requirements failed: a/1, a/2, a/3, a/4, a/5, a/6, and 2 more": {
			fail("a/1"), fail("a/2"), fail("a/3"), fail("a/4"), fail("a/5"), fail("a/6"), fail("a/7"), fail("a/8")},
	} {
		r := Result{Requirements: all}
		r.Summarise()
		if got := r.OneLine(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
