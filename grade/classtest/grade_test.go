package classtest

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// needSandbox skips a test where submissions cannot be kept from each other.
func needSandbox(t testing.TB) {
	t.Helper()
	if found := sandbox.Probe(); !found.PIDs {
		t.Skip("grade refuses this isolation: " + found.String())
	}
}

// TestClass grades a class with everything in it, then the same with other jobs and in
// shards, and by another rubric.
func TestClass(t *testing.T) {
	if testing.Short() {
		t.Skip("grades a class five times")
	}
	needSandbox(t)
	class, rubric := newClass(t), write(t, rubricText)
	one := grade(t, class, rubric, "--jobs", "1")
	book := gradebook(t, one)
	list, err := csv.NewReader(strings.NewReader(book)).ReadAll()
	if err != nil || len(list) != 1+len(built)+len(members) {
		t.Fatalf("%d rows, %v\n%s", len(list), err, book)
	}
	rows := map[string][]string{}
	for _, cells := range list[1:] {
		rows[cells[0]] = cells
	}
	for name, points := range built {
		cells := rows["server-"+name]
		if cells == nil || points != "" && cells[3] != points {
			t.Errorf("%s: %q, want %s points", name, cells, points)
		}
	}
	for name, m := range members {
		shown := strings.NewReplacer("\n", `\n`, "=1", "'=1", ".zip", "", ".tar.gz", "").Replace(name)
		cells := rows[shown]
		if cells == nil || !strings.HasPrefix(cells[2]+": "+cells[5], m.want) || cells[3] != "0" {
			t.Errorf("%s: %q, want %s", shown, cells, m.want)
		}
	}
	if _, err := os.Stat("/tmp/forkproof-escaped"); err == nil {
		t.Error("an archive wrote outside")
	}
	var shards []int
	if inFull {
		shards = []int{2, 60}
	}
	t.Run("--jobs 4", func(t *testing.T) { same(t, book, gradebook(t, grade(t, class, rubric, "--jobs", "4"))) })
	for _, n := range shards {
		t.Run(fmt.Sprintf("%d shards", n), func(t *testing.T) { inShards(t, class, rubric, book, n) })
	}
	t.Run("rescore", func(t *testing.T) {
		page, err := os.ReadFile(filepath.Join(one, "class.html"))
		if err != nil {
			t.Fatal(err)
		}
		r := forkproof(t, 0, "rescore", one, "--rubric", rubric)
		again, err := os.ReadFile(filepath.Join(one, "class.html"))
		if err != nil {
			t.Fatal(err)
		}
		same(t, book+string(page), gradebook(t, one)+string(again))
		if !strings.HasPrefix(r.stdout.String(), "0 of ") {
			t.Errorf("%s", &r.stdout)
		}
		other := write(t, strings.Replace(rubricText, "reaping/five-at-once: 5", "reaping/five-at-once: 10", 1))
		r = forkproof(t, 0, "rescore", one, "--rubric", other)
		for _, line := range []string{"server-reference: 21 of 21, was 16 of 16 (reaping/five-at-once: 10 of 10, was 5 of 5)\n", "server-reap-once: 11 of 21, was 11 of 16 "} {
			if !strings.Contains(r.stdout.String(), line) {
				t.Errorf("%q is missing in\n%s", line, &r.stdout)
			}
		}
	})
}

func same(t testing.TB, want, got string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not the same (-want +got):\n%s", diff)
	}
}

// inShards grades a class in shards, and merges them.
func inShards(t *testing.T, class, rubric, want string, n int) {
	var folders []string
	for i := range n {
		folders = append(folders, grade(t, class, rubric, "--shard", fmt.Sprintf("%d/%d", i+1, n)))
	}
	all := filepath.Join(t.TempDir(), "all")
	r := forkproof(t, 3, append([]string{"merge", "--out", all}, folders[1:]...)...)
	if text := fmt.Sprintf("of %d shards these are missing: 1:", n); !strings.Contains(r.stderr.String(), text) {
		t.Errorf("%q is missing in %s", text, &r.stderr)
	}
	forkproof(t, 0, append([]string{"merge", "--out", all}, folders...)...)
	same(t, want, gradebook(t, all))
}

// TestKilled kills forkproof grade at random moments and has it go on.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("grades a class a dozen times")
	}
	needSandbox(t)
	class, rubric := filepath.Join(t.TempDir(), "class"), write(t, rubricText)
	for _, name := range []string{"reference", "reap-once", "never-listens", "output-flood"} {
		submit(t, class, "a-"+name, name)
		submit(t, class, "b-"+name, name)
	}
	for _, name := range []string{"empty", "broken-build", "up.tar.gz"} {
		if err := members[name].make(filepath.Join(class, name)); err != nil {
			t.Fatal(err)
		}
	}
	begin := time.Now()
	want := gradebook(t, grade(t, class, rubric))
	whole := time.Since(begin)
	moments := rand.New(rand.NewPCG(3, 4))
	kills := 3
	if inFull {
		kills = 10
	}
	results, tmp := filepath.Join(t.TempDir(), "results"), t.TempDir()
	args := []string{"grade", class, "--rubric", rubric, "--out", results}
	killed := 0
	for range kills {
		r := start(t, tmp, args...)
		<-time.After(time.Duration(moments.Int64N(int64(whole) / 2)))
		_ = r.Process.Kill()
		if _ = r.Wait(); !r.ProcessState.Success() {
			killed++
		}
		// Half of the time there is work left to be killed in.
		if r.ProcessState.Success() {
			if err := os.RemoveAll(results); err != nil {
				t.Fatal(err)
			}
		}
	}
	if killed == 0 {
		t.Error("it was killed at no moment")
	}
	r := start(t, tmp, args...)
	if err := r.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &r.stderr)
	}
	same(t, want, gradebook(t, results))
	if left, _ := filepath.Glob(filepath.Join(tmp, "forkproof-grade-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	if left, _ := filepath.Glob(filepath.Join(results, "submissions", "*", ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestFullDisk: what was judged is kept, and a larger disk lets it go on.
func TestFullDisk(t *testing.T) {
	needSandbox(t)
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=128k"); err != nil {
		t.Skipf("only who may mount can make a small disk: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	class, rubric := filepath.Join(t.TempDir(), "class"), write(t, rubricText)
	for i := range 4 {
		submit(t, class, fmt.Sprint("s", i), "reap-once")
	}
	results := filepath.Join(dir, "results")
	r := forkproof(t, 3, "grade", class, "--rubric", rubric, "--out", results, "-q")
	if text := r.stderr.String(); !strings.Contains(text, "no space left on device") || strings.Count(text, "\n") != 1 {
		t.Errorf("%q", text)
	}
	if err := unix.Mount("none", dir, "tmpfs", unix.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	forkproof(t, 0, "grade", class, "--rubric", rubric, "--out", results)
	same(t, gradebook(t, grade(t, class, rubric)), gradebook(t, results))
}

// TestSnoops: a submission finds neither the rubric nor others, and changes nothing
// beside itself.
func TestSnoops(t *testing.T) {
	needSandbox(t)
	class, tmp := filepath.Join(t.TempDir(), "class"), t.TempDir()
	submit(t, class, "server-reference", "reference")
	if err := members["snoops"].make(filepath.Join(class, "snoops")); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(t.TempDir(), "results")
	r := start(t, tmp, "grade", class, "--rubric", write(t, rubricText), "--out", results)
	if err := r.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &r.stderr)
	}
	if got := row(t, gradebook(t, results), "snoops"); !strings.HasPrefix(got, "snoops,graded,not-built,0,16,the build failed: exit status 3,") {
		text, _ := os.ReadFile(filepath.Join(results, "submissions", "snoops", "build.txt"))
		t.Errorf("%s\n%s", got, text)
	}
	for _, dir := range []string{class, tmp, results, filepath.Dir(class)} {
		if meddled, _ := filepath.Glob(filepath.Join(dir, "forkproof-meddled")); len(meddled) > 0 {
			t.Errorf("it wrote %q", meddled)
		}
	}
}

// TestUnreadable: what cannot be read is the machine's fault, and costs the others
// nothing.
func TestUnreadable(t *testing.T) {
	needSandbox(t)
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	class, rubric := filepath.Join(t.TempDir(), "class"), write(t, rubricText)
	submit(t, class, "alice", "reference")
	if err := os.Mkdir(filepath.Join(class, "bob"), 0o000); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(t.TempDir(), "results")
	r := forkproof(t, 3, "grade", class, "--rubric", rubric, "--out", results, "-q")
	if !strings.Contains(r.stderr.String(), "permission denied") || !strings.HasPrefix(row(t, gradebook(t, results), "alice"), "alice,graded,judged,16,") {
		t.Errorf("%s\n%s", &r.stderr, gradebook(t, results))
	}
	if err := os.Chmod(class, 0o000); err != nil {
		t.Fatal(err)
	}
	r = forkproof(t, 2, "grade", class, "--rubric", rubric, "--out", results, "-q")
	if text := r.stderr.String(); !strings.Contains(text, "permission denied") || strings.Count(text, "\n") != 1 {
		t.Errorf("%q", text)
	}
	_ = os.Chmod(class, 0o755)
}

// TestInterrupted: SIGINT ends it with exit status 130, and what was judged is kept.
func TestInterrupted(t *testing.T) {
	needSandbox(t)
	class, rubric := filepath.Join(t.TempDir(), "class"), write(t, rubricText)
	for i := range 6 {
		submit(t, class, fmt.Sprint("s", i), "reference")
	}
	results, tmp := filepath.Join(t.TempDir(), "results"), t.TempDir()
	r := start(t, tmp, "grade", class, "--rubric", rubric, "--out", results)
	deadline := time.Now().Add(time.Minute)
	for {
		if there, _ := filepath.Glob(filepath.Join(results, "submissions", "*", "submission.json")); len(there) > 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is judged after a minute\n%s", &r.stderr)
		}
		<-time.After(5 * time.Millisecond)
	}
	if err := r.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = r.Wait()
	if code := r.ProcessState.ExitCode(); code != 130 && code != 0 {
		t.Errorf("%v\n%s", r.ProcessState, &r.stderr)
	}
	if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	again := forkproof(t, 0, "grade", class, "--rubric", rubric, "--out", results)
	if !strings.Contains(again.stderr.String(), "judged, from before") {
		t.Errorf("nothing was kept:\n%s", &again.stderr)
	}
	same(t, gradebook(t, grade(t, class, rubric)), gradebook(t, results))
}
