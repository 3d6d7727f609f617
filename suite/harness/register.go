package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/match"
)

// entryName is the report entry in which a spec leaves its verdict.
const entryName = "forkproof/requirement"

// One container keeps the specs in the order of the catalogue; Ginkgo shuffles
// top-level containers.
var _ = Describe("forkproof", func() {
	chapter := ""
	for _, e := range catalogue() {
		if e.Chapter() != chapter {
			chapter = e.Chapter()
			describe(chapter)
		}
	}
})

// describe makes the container of a chapter. Ginkgo sorts containers by the
// line they stand on, so each is given its place in the catalogue for a line.
func describe(chapter string) {
	place := types.CodeLocation{FileName: "suite", LineNumber: rank(chapter) + 1}
	Describe(chapter, Label(chapter), place, func() {
		for _, e := range catalogue() {
			if e.Chapter() == chapter && config.selects(e.Requirement) {
				It(e.ID, labels(e.Requirement), e.place, func(ctx SpecContext) { judge(ctx, e) })
			}
		}
	})
}

// labels are the ID and the level. Ginkgo allows no slash in a label: the ID
// reads chapter:slug there.
func labels(r Requirement) Labels {
	return Labels{fmt.Sprintf("%s:%s", r.Chapter(), r.ID[len(r.Chapter())+1:]), string(r.Level)}
}

// launchFailed holds the reason why the server cannot be started at all, once
// launch/listens has shown it: then no other spec is run in this process.
var launchFailed string

// judge runs one spec and leaves its verdict in the report.
func judge(ctx SpecContext, e entry) {
	r := result(e.Requirement)
	if config.OnStart != nil {
		config.OnStart(r)
	}
	specBegins()
	begin := time.Now()
	limited, cancel := context.WithTimeout(ctx, config.Limits.Requirement)
	defer cancel()
	c := &Case{requirement: e.Requirement, config: config, ctx: limited}
	outcome := c.verdict(e.spec)
	fill(&r, c, outcome)
	r.DurationMS = float64(time.Since(begin).Microseconds()) / 1000
	if e.ID == "launch/listens" && r.Verdict == report.Fail {
		launchFailed = r.Found
	}
	leave(r)
	if config.OnDone != nil {
		config.OnDone(r)
	}
	tellGinkgo(r)
}

// verdict runs the spec, unless it is plain without running it what comes out.
func (c *Case) verdict(spec Spec) stop {
	if reason := c.config.excludes(c.requirement); reason != "" {
		return stop{verdict: report.NotApplicable, finding: match.Finding{Found: reason}}
	}
	if launchFailed != "" {
		return stop{verdict: report.NotRun, finding: match.Finding{Found: "the server does not listen: see launch/listens"}}
	}
	return c.run(spec)
}

func result(r Requirement) report.Requirement {
	return report.Requirement{ID: r.ID, Level: r.Level, Title: r.Title, Rule: r.Rule, Hint: r.Hint, Source: r.Source}
}

// fill puts what came out into the result.
func fill(r *report.Requirement, c *Case, o stop) {
	r.Verdict = o.verdict
	switch {
	case r.Verdict == report.Fail && r.Level == report.Should && !c.config.Strict:
		r.Verdict = report.Advice
	case r.Verdict == report.Advice && c.config.Strict:
		r.Verdict = report.Fail
	}
	r.Collateral = o.collateral
	r.Unreached = o.verdict == report.NotRun
	r.Done = c.done
	r.Expected, r.Found, r.Diagnosis = o.finding.Expected, o.finding.Found, o.finding.Diagnosis
	r.Evidence = o.evidence
	if broken, known := Find(o.finding.Breaks); known {
		r.Rule, r.Source, r.Hint = broken.Rule, broken.Source, broken.Hint
	}
}

func leave(r report.Requirement) {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // plain strings and numbers always marshal
	}
	AddReportEntry(entryName, string(data), ReportEntryVisibilityNever)
}

// tellGinkgo gives Ginkgo its own view of the verdict, so that ginkgo run is
// red when a requirement failed or could not be judged.
func tellGinkgo(r report.Requirement) {
	switch r.Verdict {
	case report.Fail:
		Fail(Message(r), callerOfSpec)
	case report.Error:
		Fail("forkproof could not judge: "+r.Found, callerOfSpec)
	case report.NotApplicable, report.NotRun:
		Skip(string(r.Verdict)+": "+r.Found, callerOfSpec)
	case report.Advice:
		AddReportEntry("advice", Message(r), ReportEntryVisibilityAlways)
	}
}

const callerOfSpec = 1
