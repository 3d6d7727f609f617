package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// longestKey is how many bytes the name of a submission's folder may have.
const longestKey = 150

// Key returns the name of a submission's folder. It has letters, digits, and . _ - in it,
// and %XX for any other byte; no two submissions have the same.
func Key(name string) string {
	var b strings.Builder
	for i, r := range name {
		plain := unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-@+", r) || r == '.' && i > 0
		if plain && r != unicode.ReplacementChar {
			b.WriteRune(r)
			continue
		}
		for _, c := range []byte(string(r)) {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	key := b.String()
	if len(key) <= longestKey {
		return key
	}
	sum := sha256.Sum256([]byte(name))
	return strings.ToValidUTF8(key[:longestKey], "") + "%" + hex.EncodeToString(sum[:8])
}

// copyFile copies a file; there need be none.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return unreadable(from, err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return fmt.Errorf("write %s: %w", Quoted(to), cause(err))
	}
	_, err = io.Copy(out, in)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", Quoted(to), cause(err))
	}
	return nil
}

// CopySubmission copies what another folder has of a submission, and replaces what this
// one has.
func (f *Folder) CopySubmission(from *Folder, name string) error {
	source, to := from.Path(submissions, Key(name)), f.Path(submissions, Key(name))
	tmp := f.Path(submissions, mergePrefix+filepath.Base(to)[:min(len(filepath.Base(to)), 100)])
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	if err := os.MkdirAll(f.Path(submissions), 0o777); err != nil {
		return fmt.Errorf("write to the results %s: %w", Quoted(f.dir), cause(err))
	}
	if err := os.CopyFS(tmp, os.DirFS(source)); err != nil {
		return fmt.Errorf("copy %s: %w", Quoted(source), cause(err))
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.Rename(tmp, to)
}
