package suite_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/forkproof/forkproof/diagnose"
	"github.com/forkproof/forkproof/report"
	_ "github.com/forkproof/forkproof/suite"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/run"
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
	greeting = flag.String("greeting", "", "what the server says to a client first; any to learn it")
	strict   = flag.Bool("strict", false, "take advice for failure")
	seed     = flag.Uint64("seed-data", 0, "seed of the clients' data; that of Ginkgo, which it draws, without it")
	jsonFile = flag.String("json", "", "write the result to this file")
)

func TestServer(t *testing.T) {
	RegisterFailHandler(Fail)
	settings, reporter := GinkgoConfiguration()
	config := harness.Config{
		Model: harness.Model(*model), Protocol: harness.Protocol(*protocol), Greeting: *greeting, Strict: *strict,
		Seed: cmp.Or(*seed, uint64(settings.RandomSeed)), Limits: harness.DefaultLimits(), Version: "ginkgo",
	}
	var err error
	t.Chdir(typedIn(t))
	if config.Command, err = command(t.Context()); err != nil {
		t.Fatal(err)
	}
	judges, err := harness.New(config)
	if err != nil {
		t.Fatal(err)
	}
	run.Bind(judges)
	ReportAfterSuite("result", func(r Report) { tellResult(judges, r) })
	RunSpecs(t, "forkproof", run.Settings(settings), reporter)
	if err := judges.Close(); err != nil {
		t.Error(err)
	}
	sandbox.CloseAll()
}

// typedIn returns the directory in which the command was typed, to which --server and
// --json are relative: that of ginkgo or go test, which starts the tests in their own.
func typedIn(t *testing.T) string {
	dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", os.Getppid()))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// tellResult prints the verdict, and fails when a requirement failed that no spec of
// this run was for.
func tellResult(judges *harness.Run, r Report) {
	if r.SuiteConfig.DryRun {
		return
	}
	res := run.Collect(judges, r)
	Expect(diagnose.Diagnose(&res, harness.BuildsOn())).To(Succeed())
	for _, c := range res.Causes {
		fmt.Printf("\n%s (%s)\n  %s\n", c.Title, c.Requirements[0], c.Hint)
	}
	fmt.Println(res.OneLine())
	if *jsonFile != "" {
		format, _ := report.FindFormat("json")
		Expect(format.WriteFile(*jsonFile, res)).To(Succeed())
	}
	if r.SuiteSucceeded {
		for _, q := range res.Requirements {
			Expect(q.Verdict).NotTo(Equal(report.Fail), run.Message(q))
		}
	}
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
