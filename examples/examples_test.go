// Package examples tests the files for CI systems, schedulers and courses by the
// programs that read them.
package examples

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// needConsumers skips a test whose program is fetched from a registry.
func needConsumers(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("FORKPROOF_TEST_CONSUMERS") == "" {
		t.Skip("make browser runs it: it fetches " + program)
	}
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed", program)
	}
}

// runIn runs a program in a folder; it has to succeed.
func runIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// repository returns a fresh git repository with copies of files.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for from, to := range files {
		data, err := os.ReadFile(from)
		path := filepath.Join(dir, to)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	runIn(t, dir, "git", "init", "-q", ".")
	runIn(t, dir, "git", "add", ".")
	runIn(t, dir, "git", "-c", "user.name=test", "-c", "user.email=test@example.org", "commit", "-qm", "test")
	runIn(t, dir, "git", "remote", "add", "origin", "git@gitlab.example.org:course/course.git")
	return dir
}

func TestWorkflow(t *testing.T) {
	needConsumers(t, "go")
	dir := repository(t, map[string]string{
		"github/workflow.yml": ".github/workflows/forkproof.yml", "github/grade/action.yml": ".github/actions/grade/action.yml",
	})
	forkproof, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	runIn(t, forkproof, "go", "run", "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12", filepath.Join(dir, ".github/workflows/forkproof.yml"))
}

// An action is one of GitHub.
type action struct {
	Inputs, Outputs map[string]map[string]any
	Runs            struct {
		Using string
		Steps []struct{ Name, ID, Shell, Run, Uses string }
	}
}

// TestAction checks the scripts of the composite action, and that it uses no input that
// it does not have.
func TestAction(t *testing.T) {
	data, err := os.ReadFile("github/grade/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(data, &a); err != nil {
		t.Fatal(err)
	}
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("%+v", a)
	}
	for _, used := range regexp.MustCompile(`inputs\.([a-z]+)`).FindAllStringSubmatch(string(data), -1) {
		if _, known := a.Inputs[used[1]]; !known {
			t.Errorf("no input %s", used[1])
		}
	}
	for _, step := range a.Runs.Steps {
		if (step.Run == "") == (step.Uses == "") || step.Run != "" && step.Shell != "bash" {
			t.Errorf("%s: a step runs in bash, or uses an action", step.Name)
		}
		if strings.Contains(step.Run, "${{") {
			t.Errorf("%s: an expression in a script lets its text be run: pass it by env", step.Name)
		}
		if step.Run != "" {
			path := filepath.Join(t.TempDir(), "step.sh")
			if err := os.WriteFile(path, []byte("#!/bin/bash\nset -eo pipefail\n"+step.Run), 0o644); err != nil {
				t.Fatal(err)
			}
			shellcheck(t, path)
		}
	}
}

func shellcheck(t *testing.T, path string) {
	t.Helper()
	if _, err := exec.LookPath("shellcheck"); err != nil {
		t.Skip("shellcheck is not installed: apt-get install shellcheck")
	}
	runIn(t, ".", "shellcheck", path)
}

func TestSlurm(t *testing.T) { shellcheck(t, "slurm/grade.sbatch") }

// TestSlurmRuns runs the script as Slurm does, with a forkproof that writes down its
// arguments.
func TestSlurmRuns(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("forkproof", "#!/bin/sh\necho \"$*\"\nexit 3\n")
	write("scontrol", "#!/bin/sh\necho \"$*\"\n")
	cmd := exec.CommandContext(t.Context(), "bash", "slurm/grade.sbatch", "class", "r.yaml", "out dir")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SLURM_ARRAY_TASK_ID=3", "SLURM_ARRAY_JOB_ID=77", "FORKPROOF_SHARD_OFFSET=1000")
	out, err := cmd.CombinedOutput()
	want := "grade class --rubric r.yaml --out out dir/shard-1003 --shard auto --jobs 2\nrequeue 77_3\n"
	if string(out) != want || cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

func TestKubernetes(t *testing.T) {
	needConsumers(t, "go")
	runIn(t, "kubernetes/validate", "go", "run", ".", "../job.yaml")
}

// TestGitLab has the jobs listed by a program that holds them against GitLab's schema.
func TestGitLab(t *testing.T) {
	needConsumers(t, "npx")
	dir := repository(t, map[string]string{"gitlab/gitlab-ci.yml": ".gitlab-ci.yml"})
	out := runIn(t, dir, "npx", "--yes", "gitlab-ci-local@4.55.0", "--list")
	for _, job := range []string{"grade: [1/4]", "grade: [4/4]", "merge"} {
		if !strings.Contains(out, job) {
			t.Errorf("no job %q in\n%s", job, out)
		}
	}
}

// TestMakefile runs each target of the course's Makefile with a forkproof that writes
// down its arguments.
func TestMakefile(t *testing.T) {
	out := runIn(t, "course", "make", "-s", "grade", "rescore", "history", "FORKPROOF=echo forkproof")
	want := `forkproof rubric check rubric.yaml
forkproof grade submissions --rubric rubric.yaml --out results
forkproof rescore results --rubric rubric.yaml
forkproof history results
`
	if out != want {
		t.Errorf("%q, want %q", out, want)
	}
}
