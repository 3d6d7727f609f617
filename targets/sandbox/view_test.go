package sandbox

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
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
		"alice/server": 0o755, "alice/server.conf": 0o644, "bob/server": 0o755, "venv/bin/run": 0o755, "venv/lib/x": 0o644,
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
		{"in a shell's script", "bob", []string{"/bin/sh", "-c", "exec >x; exec ../alice/server"}, []string{"alice"}, nil, 0},
		{"files of the kernel", "bob", []string{"/bin/sh", "-c", "cat /proc/self/status /sys/kernel/x >/dev/null"}, nil, nil, 0},
		{"nothing but the system", "alice", []string{"/bin/sh", "-c", "true"}, nil, nil, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := test.args[0]
			v, err := viewOf(Program{Path: path, Args: test.args, Dir: filepath.Join(dir, test.dir)})
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
	} {
		if private(dir) != want {
			t.Errorf("private(%q) is %v", dir, !want)
		}
	}
}

// inView runs a shell script, which lies in a directory of its own, and gives
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
	_, err = host(t).Start(t.Context(), Program{
		Path: "./server", Args: []string{"./server"}, Dir: dir, Stdin: null, Output: written,
	})
	_ = written.Close()
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(output)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data))
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
		{"it sees itself and process 1", "cd /proc; set -- [0-9]*; echo $#", "2"},
		{"it has no capability", "grep -hE '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status | tr -d '\\t0\\n'",
			"CapInh:CapPrm:CapEff:CapAmb:NoNewPrivs:1"},
		{"it makes no user namespace", "unshare -U true", "unshare: unshare failed: No space left on device"},
		{"process 1 is out of reach", "cat /proc/1/environ", "cat: /proc/1/environ: Permission denied"},
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

// What was expected starts; where something else was, the host says so.
func TestExpect(t *testing.T) {
	for _, test := range []struct {
		name     string
		expected Program
		want     error
	}{
		{"the program itself", Program{Path: "/bin/sh", Args: []string{"sh"}}, nil},
		{"one that is not there", Program{Path: "/no/such/file", Args: []string{"file"}}, nil},
		{"one of another directory", Program{Path: "/bin/sh", Args: []string{"sh"}, Dir: t.TempDir()}, errOtherView},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := host(t)
			if !h.Isolation().PIDs {
				t.Skip("no view without namespaces")
			}
			if err := h.Expect(t.Context(), test.expected); err != nil {
				t.Fatal(err)
			}
			stdin, silent, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = stdin.Close(); _ = silent.Close() })
			_, err = h.Start(t.Context(), Program{
				Path: "/bin/sh", Args: []string{"sh", "-c", "true"}, Stdin: stdin, Output: silent,
			})
			if (err == nil) != (test.want == nil) || test.want != nil && err.Error() != test.want.Error() {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}
