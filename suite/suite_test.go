package suite_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
	"github.com/forkproof/forkproof/targets/sandbox"

	shellwords "github.com/mattn/go-shellwords"
)

// Flags of "ginkgo run ./suite -- --server './a.out {port}'".
var (
	server   = flag.String("server", "", "command of the server to judge, {port} for its port; the built-in reference without it")
	model    = flag.String("model", string(harness.Forking), "design that the server is judged by")
	protocol = flag.String("protocol", string(harness.Echo), "protocol that the server speaks")
	strict   = flag.Bool("strict", false, "take advice for failure")
	seed     = flag.Uint64("seed-data", 1, "seed of the clients' data")
	jsonFile = flag.String("json", "", "write the result to this file")
)

func TestServer(t *testing.T) {
	RegisterFailHandler(Fail)
	config := harness.Config{
		Model: harness.Model(*model), Protocol: harness.Protocol(*protocol), Strict: *strict,
		Seed: *seed, Limits: harness.DefaultLimits(), Version: "ginkgo",
	}
	var err error
	if config.Command, err = command(t.Context()); err == nil {
		err = harness.Configure(config)
	}
	if err != nil {
		t.Fatal(err)
	}
	settings, reporter := GinkgoConfiguration()
	RunSpecs(t, "forkproof", harness.Settings(settings), reporter)
	if err := harness.CloseHosts(); err != nil {
		t.Error(err)
	}
	sandbox.CloseAll()
}

// command is that of --server, or of the built-in reference.
func command(ctx context.Context) (targets.Command, error) {
	if *server != "" {
		words, err := shellwords.Parse(*server)
		if err != nil {
			return targets.Command{}, fmt.Errorf("--server %q cannot be split into words: %w", *server, err)
		}
		c := targets.Command{Args: words}
		_, err = c.Program()
		return c, err
	}
	return catalog.Command(ctx, "reference")
}

var _ = ReportAfterSuite("result", func(r Report) {
	if r.SuiteConfig.DryRun {
		return
	}
	res := harness.Collect(r)
	fmt.Println(res.OneLine())
	if *jsonFile != "" {
		Expect(report.WriteJSONFile(*jsonFile, res)).To(Succeed())
	}
	if !r.SuiteSucceeded {
		_, _ = fmt.Fprintln(os.Stderr, "see the failures above")
	}
})
