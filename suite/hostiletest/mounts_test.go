package hostiletest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets"
)

// Paths in the testbed. targets/csrc/hostile/attempt.h names them too.
const (
	graderFolder = "/srv/testbed/grader"
	submissions  = "/srv/testbed/submissions"
	toolsFolder  = "/srv/testbed/tools"
	// machineFolder lies where every server can read.
	machineFolder = "/opt/testbed"

	serverPath    = submissions + "/bob/server"
	forkproofPath = toolsFolder + "/forkproof"
	probePath     = toolsFolder + "/probe"
	referencePath = toolsFolder + "/reference"

	secretVariable = "FORKPROOF_SECRET"
	canary         = "CANARY"
	secret         = canary + "-in-the-environment"
)

// build creates the testbed's file systems and enters them. Its root folder is an
// overlay over the real one: everything can be written, nothing is changed.
func (j *job) build() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	root := filepath.Join(j.Folder, "root")
	steps := []func(root string) error{j.mountRoot, j.mountSystem, mountDevices, j.populate, enter}
	for _, step := range steps {
		if err := step(root); err != nil {
			return err
		}
	}
	if err := unix.Sethostname([]byte("testbed")); err != nil {
		return fmt.Errorf("name the testbed: %w", err)
	}
	return nil
}

// mount is mount(2) with an error that names the place.
func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s%s on %s: %w", kind, source, target, err)
	}
	return nil
}

func (j *job) mountRoot(root string) error {
	if err := mount("", j.Folder, "tmpfs", 0, "size=768m,nr_inodes=600k,mode=755"); err != nil {
		return err
	}
	upper, work := filepath.Join(j.Folder, "upper"), filepath.Join(j.Folder, "work")
	for _, dir := range []string{root, upper, work} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	layer, err := unix.Open(upper, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", upper, err)
	}
	j.layer = fmt.Sprintf("/proc/self/fd/%d", layer)
	return mount("", root, "overlay", 0, fmt.Sprintf("lowerdir=/,upperdir=%s,workdir=%s", upper, work))
}

// mountSystem mounts /proc and /sys. For an account in a container, part of them
// is read-only, as there.
func (j job) mountSystem(root string) error {
	if err := mount("", root+"/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := mount("/sys", root+"/sys", "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	if !j.Account.Container {
		return nil
	}
	for _, path := range []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/sys"} {
		if _, err := os.Stat(root + path); err != nil {
			continue // this kernel has no such thing
		}
		if err := mount(root+path, root+path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return err
		}
		readOnly := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err := unix.MountSetattr(unix.AT_FDCWD, root+path, unix.AT_RECURSIVE, &readOnly); err != nil {
			return fmt.Errorf("make %s read-only: %w", path, err)
		}
	}
	return nil
}

func mountDevices(root string) error {
	dev := root + "/dev"
	if err := mount("", dev, "tmpfs", unix.MS_NOSUID, "size=64m,mode=755"); err != nil {
		return err
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		if err := os.WriteFile(dev+"/"+name, nil, 0o666); err != nil {
			return err
		}
		if err := mount("/dev/"+name, dev+"/"+name, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	for _, m := range []struct{ name, kind, data string }{
		{"/dev/shm", "tmpfs", "size=384m,nr_inodes=200k,mode=1777"},
		{"/dev/mqueue", "mqueue", ""},
		{"/tmp", "tmpfs", "size=640m,nr_inodes=200k,mode=1777"},
	} {
		if err := os.MkdirAll(root+m.name, 0o755); err != nil {
			return err
		}
		if err := mount("", root+m.name, m.kind, unix.MS_NODEV, m.data); err != nil {
			return err
		}
	}
	return errors.Join(os.Symlink("/proc/self/fd", dev+"/fd"), os.Symlink("/proc/self/fd/1", dev+"/stdout"))
}

// populate creates the grader's folder, the submissions and the programs.
func (j job) populate(root string) error {
	uid := j.Account.UID
	for _, dir := range []struct {
		path string
		mode os.FileMode
	}{
		{"/srv/testbed", 0o755}, {toolsFolder, 0o755}, {submissions, 0o755}, {submissions + "/bob", 0o755},
		{graderFolder, 0o700}, {submissions + "/alice", 0o700},
	} {
		if err := errors.Join(os.MkdirAll(root+dir.path, dir.mode), os.Chown(root+dir.path, uid, uid)); err != nil {
			return err
		}
	}
	server, err := os.ReadFile(j.Server)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path, text string
		mode       os.FileMode
	}{
		{graderFolder + "/canary", canary + "-of-the-grader\n", 0o600},
		{graderFolder + "/result.json", "untouched\n", 0o600},
		{submissions + "/alice/answer", canary + "-of-another\n", 0o600},
		{serverPath, string(server), 0o755},
	} {
		path := root + file.path
		if err := errors.Join(os.WriteFile(path, []byte(file.text), file.mode), os.Chown(path, uid, uid)); err != nil {
			return err
		}
	}
	if err := os.Symlink(submissions+"/alice/answer", root+submissions+"/bob/link"); err != nil {
		return err
	}
	for name, target := range links {
		if err := os.Symlink(target, root+submissions+"/bob/"+name); err != nil {
			return err
		}
	}
	for tool, source := range map[string]string{forkproofPath: j.Forkproof, probePath: j.Probe, referencePath: j.Reference} {
		path := root + tool
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			return err
		}
		if err := mount(source, path, "", unix.MS_BIND, ""); err != nil {
			return err
		}
	}
	return nil
}

// enter makes root the root folder and unmounts the real one: pivot_root(2).
func enter(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount the real root folder: %w", err)
	}
	return os.Chdir("/")
}

// enterCgroups moves this process into the cgroups that limit the testbed.
func (j job) enterCgroups() error {
	for _, cgroup := range j.Cgroups {
		if err := os.WriteFile(filepath.Join(cgroup, "cgroup.procs"), []byte("0"), 0); err != nil {
			return fmt.Errorf("enter a cgroup: %w", err)
		}
	}
	return nil
}

func lines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// TestPaths checks that the hostile servers name the testbed's paths, and name
// them in one place: an attack on a path that is not there would prove nothing.
func TestPaths(t *testing.T) {
	header, err := fs.ReadFile(targets.Sources, "csrc/hostile/attempt.h")
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"GRADER": graderFolder, "OTHERS": submissions + "/alice", "OWN": serverPath, "MACHINE": machineFolder} {
		if line := fmt.Sprintf("#define %s %q\n", name, path); !strings.Contains(string(header), line) {
			t.Errorf("attempt.h lacks %s", line)
		}
	}
	sources, err := fs.Glob(targets.Sources, "csrc/hostile/*/*.c")
	if err != nil || len(sources) == 0 {
		t.Fatalf("found %d sources: %v", len(sources), err)
	}
	for _, source := range sources {
		text, err := fs.ReadFile(targets.Sources, source)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), `"/srv/`) {
			t.Errorf("%s names a path of the testbed: name it in attempt.h", source)
		}
	}
}
