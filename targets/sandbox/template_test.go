package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runIn runs ./server of a directory on a host of its own, and returns what it prints
// and the init of the host.
func runIn(t *testing.T, dir string, read ...string) (string, *initPeer) {
	t.Helper()
	h, err := Open(DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	text := printed(t, h, dir, read...)
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return text, h.init
}

// Hosts of one init begin with the same mounts, and nothing that one writes is in the next.
func TestNothingStaysForTheNextHost(t *testing.T) {
	if !Probe().PIDs {
		t.Skip("no view of its own: " + Probe().Reason)
	}
	dir := files(t, map[string]os.FileMode{"server": 0o755, "data/x": 0o644, "../shown/y": 0o644})
	script := "#!/bin/sh\nexec 2>&1\nls -A . data /tmp/left /var/tmp /dev/shm; cat ../shown/y; cut -d' ' -f5,6 /proc/self/mountinfo\n" +
		"ls -A / | tr '\\n' ' '; for d in . data /tmp /var/tmp /dev/shm; do mkdir $d/left; done; echo changed >>server\n" +
		"mkdir /left ../shown/left; touch ../shown/y\n"
	shown := filepath.Join(filepath.Dir(dir), "shown")
	for path, text := range map[string]string{filepath.Join(dir, "server"): script, filepath.Join(shown, "y"): "shown\n"} {
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{shown, filepath.Join(dir, "data")} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	first, holder := runIn(t, dir, shown)
	for range 2 {
		next, again := runIn(t, dir, shown)
		if again != holder {
			t.Fatal("another init held the next host")
		}
		if next != first {
			t.Errorf("the next host shows\n%s", next)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "server")); err != nil || string(data) != script {
		t.Errorf("the machine's file is %q, %v", data, err)
	}
}

// A directory that was made anew between two hosts is shown as it is now.
func TestDirectoryMadeAnew(t *testing.T) {
	if !Probe().PIDs {
		t.Skip("no view of its own: " + Probe().Reason)
	}
	dir := files(t, map[string]os.FileMode{"server": 0o755})
	for _, word := range []string{"one", "two", "three"} {
		if word != "two" { // it is changed in its place, then
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "server"), []byte("#!/bin/sh\necho "+word+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if got, _ := runIn(t, dir); got != word+"\n" {
			t.Errorf("got %q, want %q", got, word)
		}
	}
}

// A server that renames what is above its directory, which it can where it runs as
// forkproof's user, is started in its directory again all the same.
func TestFolderAboveIsRenamed(t *testing.T) {
	if os.Getuid() == 0 {
		cmd := exec.Command(copyOfTest(t), "-test.run=^TestFolderAboveIsRenamed$", "-test.v")
		cmd.Dir, cmd.SysProcAttr = "/", ordinary()
		if output, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(output), ": TestFolderAboveIsRenamed") {
			t.Errorf("%v\n%s", err, output)
		}
		return
	}
	if !Probe().PIDs {
		t.Skip("no view of its own: " + Probe().Reason)
	}
	dir, err := os.MkdirTemp("", "forkproof-above")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	above := filepath.Join(dir, "above")
	work := filepath.Join(above, "work")
	if err := os.MkdirAll(work, 0o755); err != nil {
		t.Fatal(err)
	}
	script := "#!/bin/sh\nexec 2>&1\n[ -e log ] || mv " + above + " " + above + "2\necho line >>log; cat log\n"
	if err := os.WriteFile(filepath.Join(work, "server"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	h := host(t)
	for _, want := range []string{"line\n", "line\nline\n"} {
		if got := printed(t, h, work); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
