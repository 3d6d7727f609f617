package harness

import (
	"context"
	"flag"
	"io"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/forkproof/forkproof/report"
)

// gracePeriod is how long Ginkgo waits for a spec that it interrupted; its
// default of 30 s outlives the SIGKILL of most CI systems.
const gracePeriod = 2 * time.Second

// Run judges the configured server in this process and gives the result.
// Ginkgo allows one run per process. The error says that something of a server
// could not be ended.
func Run() (report.Result, error) {
	testing.Init()
	if !flag.Parsed() {
		_ = flag.CommandLine.Parse(nil) // Ginkgo's flags; ours live elsewhere
	}
	formatter.ColorableStdOut, formatter.ColorableStdErr = io.Discard, io.Discard
	gomega.RegisterFailHandler(Fail)
	var res report.Result
	ReportAfterSuite("result", func(r Report) {
		if !r.SuiteConfig.DryRun {
			res = Collect(r)
		}
	})
	specsToCome(Selected())
	suiteConfig, reporterConfig := GinkgoConfiguration()
	RunSpecs(ignored{}, "forkproof", Settings(suiteConfig), quiet(reporterConfig))
	if config.Chaos > 0 && launchFailed == "" {
		res.Requirements = append(res.Requirements, judgeChaos(context.Background(), config.Chaos, config.Seed))
		res.Summarise()
		res.DurationMS += res.Requirements[len(res.Requirements)-1].DurationMS
	}
	return res, CloseHosts()
}

// Settings are Ginkgo's settings as forkproof needs them.
func Settings(s types.SuiteConfig) types.SuiteConfig {
	s.GracePeriod = gracePeriod
	s.FailOnEmpty = true
	return s
}

func quiet(r types.ReporterConfig) types.ReporterConfig {
	r.NoColor = true
	r.Succinct = true
	return r
}

// ignored takes Ginkgo's word that a spec failed; the result says which.
type ignored struct{}

func (ignored) Fail() {}
