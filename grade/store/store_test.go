package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/reporttest"
)

// No name leads out of the folder, and no two have the same key.
func TestKey(t *testing.T) {
	for name, want := range map[string]string{
		"alice": "alice", "Müller, Jörg": "Müller%2C%20Jörg", "../../etc": "%2E.%2F..%2Fetc", "a\nb": "a%0Ab", ".hidden": "%2Ehidden", "a%0Ab": "a%250Ab",
	} {
		if got := Key(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	seen := map[string]string{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		key := Key(name)
		if other, found := seen[key]; found && other != name {
			t.Fatalf("%q and %q are both %q", name, other, key)
		}
		seen[key] = name
		if name != "" && (!filepath.IsLocal(key) || strings.ContainsAny(key, "/\x00\n") || len(key) > 200 || !utf8.ValidString(key)) {
			t.Fatalf("%q has the key %q", name, key)
		}
	})
}

// saved returns a folder with a submission that was judged.
func saved(t *testing.T, name string) (*Folder, Record) {
	t.Helper()
	f, err := Create(filepath.Join(t.TempDir(), "results"))
	if err != nil {
		t.Fatal(err)
	}
	return f, save(t, f, name, "1")
}

func save(t *testing.T, f *Folder, name, hash string) Record {
	t.Helper()
	result := reporttest.Result(t)
	var text strings.Builder
	if err := report.WriteJSON(&text, result); err != nil {
		t.Fatal(err)
	}
	r := Record{Name: name, SHA256: hash, JudgedAt: "2026-11-30T08:00:0" + hash[:1] + "Z"}
	r.Take(result, []byte(text.String()))
	if err := f.Save(r, []byte(text.String()), []byte("built\n")); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecord(t *testing.T) {
	f, want := saved(t, "a\n../b")
	got, found, err := f.Record("a\n../b")
	if err != nil || !found || got.SHA256 != want.SHA256 || len(got.Verdicts) != len(want.Verdicts) || !got.Built {
		t.Fatalf("%v %v %+v", err, found, got)
	}
	if _, found, err := f.Record("another"); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
	// A result file that is not the one of the record is none.
	if err := os.WriteFile(f.Path(submissions, Key("a\n../b"), "result.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, found, err := f.Record("a\n../b"); found || err != nil {
		t.Errorf("%v %v", found, err)
	}
}

func TestEarlier(t *testing.T) {
	f, _ := saved(t, "alice")
	save(t, f, "alice", "1") // the same submission once more
	save(t, f, "alice", "2")
	save(t, f, "alice", "3")
	list, err := f.Earlier("alice")
	if err != nil || len(list) != 2 || list[0].SHA256 != "1" || list[1].SHA256 != "2" {
		t.Errorf("%v %+v", err, list)
	}
}

func TestLock(t *testing.T) {
	f, _ := saved(t, "alice")
	if note, err := f.Lock(); note != "" || err != nil {
		t.Fatal(note, err)
	}
	if err := f.Note("/tmp/x"); err != nil {
		t.Fatal(err)
	}
	other, err := Open(f.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var busy *BusyError
	if _, err := other.Lock(); !errors.As(err, &busy) {
		t.Error(err)
	}
	f.lock.Close() //nolint:errcheck // as the end of a process does
	if note, err := other.Lock(); note != "/tmp/x" || err != nil {
		t.Errorf("%q %v", note, err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

// What a killed forkproof leaves is removed, and nothing else.
func TestTidy(t *testing.T) {
	f, _ := saved(t, "alice")
	for name, stays := range map[string]bool{
		".gitignore": true, ".batch.json.12.0": false, "submissions/alice/.result.json.123.4": false, "submissions/.earlier.alice/x": false,
		".batch.json.orig": true, "submissions/alice/.notes": true,
	} {
		path := f.Path(name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
		if err := f.Tidy(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(path); (err == nil) != stays {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNotOurs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "there are other files in that folder", filepath.Join(dir, "thesis.tex"): "not a directory"} {
		if _, err := Create(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "none")); err == nil || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
}

// On a full disk the old record stands, and one sentence says what is wrong.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("only who may mount can make a small disk: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	f, err := Create(filepath.Join(dir, "results"))
	if err != nil {
		t.Fatal(err)
	}
	r := Record{Name: "alice", SHA256: "1", State: Refused, Reason: "x"}
	if err := f.Save(r, nil, nil); err != nil {
		t.Fatal(err)
	}
	r.Reason = strings.Repeat("y", 1<<20)
	err = f.Save(r, nil, nil)
	if !errors.Is(err, unix.ENOSPC) || strings.Contains(fmt.Sprint(err), "\n") {
		t.Errorf("%v", err)
	}
	if old, found, err := f.Record("alice"); !found || err != nil || old.Reason != "x" {
		t.Errorf("%v %v %q", found, err, old.Reason)
	}
}
