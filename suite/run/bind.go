// Package run binds the catalogue to Ginkgo, for "ginkgo run ./suite".
package run

import (
	"encoding/json"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
)

// gracePeriod is how long Ginkgo waits for a spec that it interrupted; its
// default of 30 s outlives the SIGKILL of most CI systems.
const gracePeriod = 2 * time.Second

// Settings returns Ginkgo's settings as forkproof needs them.
func Settings(s types.SuiteConfig) types.SuiteConfig {
	s.GracePeriod = gracePeriod
	s.FailOnEmpty = true
	return s
}

// Bind makes a spec of each requirement that a run judges. One container keeps the
// specs in the order of the catalogue; Ginkgo shuffles top-level containers.
func Bind(r *harness.Run) {
	Describe("forkproof", func() {
		chapter := ""
		for _, e := range r.Selected() {
			if e.Chapter() != chapter {
				chapter = e.Chapter()
				describe(r, chapter)
			}
		}
	})
}

// describe makes the container of a chapter. Ginkgo sorts containers by the line
// they stand on: the place in the catalogue serves for a line.
func describe(r *harness.Run, chapter string) {
	place := types.CodeLocation{FileName: "suite", LineNumber: harness.Rank(chapter) + 1}
	Describe(chapter, Label(chapter), place, func() {
		for _, e := range r.Selected() {
			if e.Chapter() == chapter {
				place := types.CodeLocation{FileName: e.File, LineNumber: e.Line}
				It(e.ID, labels(e.Requirement), place, func(ctx SpecContext) { judge(ctx, r, e) })
			}
		}
	})
}

// labels are the ID and the level. Ginkgo allows no slash in a label: the ID
// reads chapter:slug there.
func labels(r harness.Requirement) Labels {
	return Labels{fmt.Sprintf("%s:%s", r.Chapter(), r.ID[len(r.Chapter())+1:]), string(r.Level)}
}

// judge leaves the verdict on a requirement in Ginkgo's report, and beside it the
// verdict on the one whose failure stands in its way: that one may not be among the
// specs that Ginkgo runs.
func judge(ctx SpecContext, r *harness.Run, e harness.Entry) {
	res := r.Verdict(ctx, e)
	if res.Evidence != nil {
		r.Locate(ctx)
	}
	leave(verdictEntry, res)
	if first, known := harness.Find(res.FixFirst); known {
		leave(foundationEntry, r.Verdict(ctx, first))
	}
	tell(res)
}

// Names of the report entries in which a spec leaves verdicts.
const (
	verdictEntry    = "forkproof/requirement"
	foundationEntry = "forkproof/foundation"
)

func leave(name string, r report.Requirement) {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // plain strings and numbers always marshal
	}
	AddReportEntry(name, string(data), ReportEntryVisibilityNever)
}

// tell has Ginkgo show the verdict, so that ginkgo run is red when a requirement
// failed or could not be judged.
func tell(r report.Requirement) {
	const callerOfSpec = 1
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
