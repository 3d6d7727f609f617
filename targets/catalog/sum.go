package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// sumOf is the file with the SHA-256 of a built program. It lies outside of the
// program's own folder, which a server may be shown.
func sumOf(program string) string {
	folder := filepath.Dir(program)
	return filepath.Join(filepath.Dir(folder), filepath.Base(folder)+"."+filepath.Base(program)+".sha256")
}

// seal writes the sum of a program that was just built to a file.
func seal(program, sum string) error {
	text, err := hashOf(program)
	if err != nil {
		return fmt.Errorf("hash the program: %w", err)
	}
	return os.WriteFile(sum, []byte(text+"\n"), 0o600)
}

// unchanged says whether a program is in the cache as it was built.
func unchanged(program string) bool {
	want, err := os.ReadFile(sumOf(program))
	if err != nil {
		return false
	}
	got, err := hashOf(program)
	return err == nil && got == strings.TrimSpace(string(want))
}

// hashOf returns the SHA-256 of a regular file.
func hashOf(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file: %w", path, unix.EINVAL)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
