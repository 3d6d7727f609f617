package sandbox

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// files makes files below a fresh directory that is no person's, and gives it.
func files(t *testing.T, modes map[string]os.FileMode) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "work")
	for name, mode := range modes {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/bin/sh\n. \"${1:-/dev/null}\"\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestViewOf(t *testing.T) {
	dir := files(t, map[string]os.FileMode{
		"alice/server": 0o755, "alice/server.conf": 0o644, "bob/server": 0o755, "venv/bin/run": 0o755, "venv/pyvenv.cfg": 0o644,
		"venv/server.py": 0o644, "tool/bin/run": 0o755, "tool/lib/x": 0o644, "tool/README.md": 0o644,
		"class/bin/server": 0o755, "class/lib/server": 0o755, "class/lib64/x": 0o644, "class/eve/server": 0o755,
	})
	if err := os.Symlink("alice/server", filepath.Join(dir, "current")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, dir string
		args      []string
		own, read []string
		links     int
	}{
		{"in its own directory", "alice", []string{"./server"}, []string{"alice"}, nil, 0},
		{"from elsewhere", "bob", []string{dir + "/alice/server"}, []string{"alice"}, nil, 0},
		{"from above", "", []string{"alice/server"}, []string{""}, nil, 0},
		{"a script for an interpreter", "bob", []string{"/bin/sh", "../alice/server"}, []string{"alice"}, nil, 0},
		{"a file after =", "bob", []string{"/bin/sh", "--config=../alice/server.conf"}, []string{"alice"}, nil, 0},
		{"a symbolic link", "bob", []string{"../current"}, []string{"alice"}, nil, 1},
		{"a runtime of its own", "alice", []string{"../venv/bin/run", "server"}, []string{"alice"}, []string{"venv"}, 0},
		{"an installation", "bob", []string{"../tool/bin/run"}, nil, []string{"tool"}, 0},
		{"of a person named bin beside one named lib", "class/bin", []string{"./server"}, []string{"class/bin"}, nil, 0},
		{"the same from elsewhere", "bob", []string{"../class/bin/server"}, []string{"class/bin"}, nil, 0},
		{"in a shell's script", "bob", []string{"/bin/sh", "-c", "exec >x; exec ../alice/server"}, []string{"alice"}, nil, 0},
		{"files of the kernel", "bob", []string{"/bin/sh", "-c", "cat /proc/self/status /sys/kernel/x >/dev/null"}, nil, nil, 0},
		{"nothing but the system", "alice", []string{"/bin/sh", "-c", "true"}, nil, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.args[0]
			v, err := viewOf(wire.Program{Path: path, Args: test.args, Dir: filepath.Join(dir, test.dir)})
			if err != nil {
				t.Fatal(err)
			}
			var own, read []string
			for _, name := range test.own {
				own = append(own, filepath.Join(dir, name))
			}
			for _, name := range test.read {
				read = append(read, filepath.Join(dir, name))
			}
			if !reflect.DeepEqual(v.Own, own) || !reflect.DeepEqual(v.Read, read) || len(v.Links) != test.links {
				t.Errorf("own %q, read %q, links %q; want %q, %q, %d", v.Own, v.Read, v.Links, own, read, test.links)
			}
		})
	}
}

func TestPrivateDirectoriesAreNotShown(t *testing.T) {
	t.Setenv("HOME", "/work/people/eve")
	for dir, want := range map[string]bool{
		"/": true, "/work": true, "/work/people": true, "/work/people/eve": true, "/home/bob": true, "/tmp": true,
		"/root": true, "/work/people/eve/project": false, "/home/bob/project": false, "/tmp/x": false, "/data": false,
		"/work/people/eve/.ssh": true, "/home/bob/.config/x": true, "/root/.cache/forkproof/servers/k": true,
	} {
		if private(dir) != want {
			t.Errorf("private(%q) is %v", dir, !want)
		}
	}
}

// inView runs a shell script, which lies in a directory of its own, and returns
// what it prints.
func inView(t *testing.T, script string) string {
	t.Helper()
	if !Probe().PIDs {
		t.Skip("no view of its own: " + Probe().Reason)
	}
	dir := files(t, map[string]os.FileMode{"server": 0o700, "../secret": 0o644})
	if err := os.WriteFile(filepath.Join(dir, "server"), []byte("#!/bin/sh\nexec 2>&1\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(printed(t, host(t), dir))
}

// printed runs ./server of a directory on a host, and returns what it prints until all that
// hold its output have ended.
func printed(t *testing.T, h *Host, dir string, read ...string) string {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	output, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = output.Close() }()
	_, err = h.Start(t.Context(), wire.Program{
		Path: "./server", Args: []string{"./server"}, Dir: dir, Show: read, Stdin: null, Output: written,
	})
	_ = written.Close()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(output)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestView(t *testing.T) {
	t.Setenv("GRADER_TOKEN", "geheim")
	for _, test := range []struct{ name, script, want string }{
		{"other files are not there", "cat ../secret", "cat: ../secret: No such file or directory"},
		{"nor is a home", "ls /root /home 2>/dev/null; echo done", "done"},
		{"the system is read-only", "touch /usr/x /etc/x /x", "touch: cannot touch '/usr/x': Read-only file system\n" +
			"touch: cannot touch '/etc/x': Read-only file system\ntouch: cannot touch '/x': Read-only file system"},
		{"its directory can be written", "echo line >log; cat log; ls", "line\nlog\nserver"},
		{"and so can /tmp, /dev/shm", "echo a >/tmp/x; echo b >/dev/shm/x; cat /tmp/x /dev/shm/x", "a\nb"},
		{"the environment is fixed", `echo "$GRADER_TOKEN-$HOME-$TMPDIR-$LANG"`, "-/tmp-/tmp-C.UTF-8"},
		{"it sees itself and its children", "sleep 1000 & cd /proc; set -- [0-9]*; echo $#; cat $!/mountinfo | cmp - self/mountinfo; kill $!", "2"},
		{"it has no capability", "grep -hE '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\\t0\\n'",
			"CapInh:CapPrm:CapEff:CapAmb:NoNewPrivs:1"},
		{"it makes no user namespace", "unshare -U true", "unshare: unshare failed: No space left on device"},
		{"process 1 is not there", "cat /proc/1/mountinfo", "cat: /proc/1/mountinfo: No such file or directory"},
		{"the kernel's settings are", "echo x >/proc/sys/kernel/core_pattern", "./server: 3: cannot create /proc/sys/kernel/core_pattern: Permission denied"},
		{"it dumps no core", "ulimit -c", "0"},
		{"other networks are out of reach", "cat /proc/net/route | wc -l", "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := inView(t, test.script); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestDiskIsBounded(t *testing.T) {
	got := inView(t, "for d in . /tmp /dev/shm; do head -c 30M /dev/zero >$d/fill; done; i=0; while : >/tmp/f$i; do i=$((i+1)); done; echo end")
	if strings.Count(got, "No space left on device") != 2 {
		t.Errorf("bytes and files are not both bounded: %q", got)
	}
}

// A submission whose links lead out of it, and what a command that names them is
// shown.
func TestLinksOfTheSubmission(t *testing.T) {
	dir := files(t, map[string]os.FileMode{
		"alice/server": 0o755, "alice/20001.real": 0o644, "secret/key": 0o600, "secret/lib/x": 0o600, "secret/bin/tool": 0o755,
		"shared/settings": 0o644,
	})
	for name, target := range map[string]string{
		"key": "../secret/key", "folder": "../secret", "tool": "../secret/bin/tool", "20001": "../secret/key",
		"{port}": "../secret/key", "twice": "key", "same": "server", "shared": "../shared/settings",
	} {
		if err := os.Symlink(target, filepath.Join(dir, "alice", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{dir, filepath.Join(dir, "shared"), filepath.Dir(dir), filepath.Dir(filepath.Dir(dir))} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	everybody := openToAll(filepath.Join(dir, "shared/settings")) // it depends on TMPDIR
	for _, test := range []struct {
		name string
		args []string
		read []string
	}{
		{"the port", []string{"./server", "20001"}, nil},
		{"the port as it is typed", []string{"./server", "{port}"}, nil},
		{"a file", []string{"./server", "key"}, nil},
		{"by way of another link", []string{"./server", "twice"}, nil},
		{"a file after =", []string{"./server", "--key=key"}, nil},
		{"a folder", []string{"./server", "folder"}, nil},
		{"a file in a folder", []string{"./server", "folder/key"}, nil},
		{"in a shell's script", []string{"./server", "-c", "cat <key; cd folder"}, nil},
		{"the program, with what looks like an installation", []string{"./tool"}, []string{"secret/bin/tool"}},
		{"a link that stays inside", []string{"./same"}, nil},
		{"a file that every user may read", []string{"./server", "shared"}, []string{"shared/settings"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := viewOf(wire.Program{Path: test.args[0], Args: test.args, Dir: filepath.Join(dir, "alice")})
			if err != nil {
				t.Fatal(err)
			}
			var read []string
			for _, name := range test.read {
				if name != "shared/settings" || everybody {
					read = append(read, filepath.Join(dir, name))
				}
			}
			if own := []string{filepath.Join(dir, "alice")}; !reflect.DeepEqual(v.Own, own) || !reflect.DeepEqual(v.Read, read) {
				t.Errorf("own %q, read %q; want %q, %q", v.Own, v.Read, own, read)
			}
			for _, file := range v.Files {
				if !wire.Inside(file, filepath.Join(dir, "alice")) {
					t.Errorf("%s would be handed over", file)
				}
			}
		})
	}
}

// The owner of what a link leads to is not the server's user.
func TestLinkDoesNotDecideTheUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files to other users")
	}
	dir := files(t, map[string]os.FileMode{"alice/server": 0o755, "eve/tool": 0o755})
	if err := errors.Join(
		os.Chown(filepath.Join(dir, "eve/tool"), 1234, 1234),
		os.Chown(filepath.Join(dir, "alice/server"), 4321, 4321),
		os.Symlink("../eve/tool", filepath.Join(dir, "alice/tool")),
	); err != nil {
		t.Fatal(err)
	}
	v, err := viewOf(wire.Program{Path: "./tool", Args: []string{"./tool", "server"}, Dir: filepath.Join(dir, "alice")})
	if err != nil || v.UID != 4321 || v.Program != "" {
		t.Errorf("%+v, %v", v, err)
	}
}

// A runtime is shown only from where runtimes are: not what lies in a home's
// dot-folders, and not what the submission alone names unless it is open to all.
func TestRuntimesOfTheSubmission(t *testing.T) {
	home := files(t, map[string]os.FileMode{
		"project/run": 0o755, ".local/bin/x": 0o755, ".local/lib/x": 0o644,
		".pyenv/versions/3.13/bin/python": 0o755, ".pyenv/versions/3.13/lib/x": 0o644,
		"tools/bin/x": 0o755, "tools/lib/x": 0o644,
	})
	t.Setenv("HOME", home)
	script := filepath.Join(home, "project/run")
	for interpreter, want := range map[string][]string{
		".local/bin/x": nil, "tools/bin/x": nil,
		".pyenv/versions/3.13/bin/python": {filepath.Join(home, ".pyenv/versions/3.13")},
	} {
		if err := os.WriteFile(script, []byte("#!"+filepath.Join(home, interpreter)+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		v, err := viewOf(wire.Program{Path: "./run", Args: []string{"./run"}, Dir: filepath.Dir(script)})
		if err != nil || !reflect.DeepEqual(v.Read, want) {
			t.Errorf("#!%s shows %q, want %q (%v)", interpreter, v.Read, want, err)
		}
	}
}

// A link that comes into a path between its resolution and its use is refused.
func TestOpenExactly(t *testing.T) {
	dir := real(files(t, map[string]os.FileMode{"a/file": 0o644}))
	if err := os.Symlink("a", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{"a/file": nil, "link/file": unix.ELOOP, "link": unix.ELOOP} {
		fd, err := wire.OpenExactly(filepath.Join(dir, path), unix.O_PATH)
		if err == nil {
			_ = unix.Close(fd)
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}
