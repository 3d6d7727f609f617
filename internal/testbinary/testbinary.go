// Package testbinary builds the forkproof that tests run as a program.
package testbinary

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// Forkproof builds forkproof as the Makefile does, once in a process, and returns
// its path. Remove removes it.
func Forkproof() (path string, err error) { return forkproof() }

// Remove removes what Forkproof has built. Call it last.
func Remove() { _ = os.RemoveAll(folder) }

// folder holds the program; empty before it is built.
var folder string

var forkproof = sync.OnceValues(func() (path string, err error) {
	if folder, err = os.MkdirTemp("", "forkproof-test-"); err != nil {
		return "", err
	}
	path = filepath.Join(folder, "forkproof")
	build := exec.Command("go", "build", "-o", path, "github.com/forkproof/forkproof/cmd/forkproof")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return path, nil
})
