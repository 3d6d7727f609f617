package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/faults/life"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/formats"
	"github.com/forkproof/forkproof/suite/look"
)

// attach records a server that runs already, until it ends, or the time is over, or
// forkproof is interrupted.
func (f *traceFlags) attach(cmd *cobra.Command, outputs map[string]*formats.File) error {
	looker, err := look.At(f.pid)
	if err != nil {
		return usage("%w", err)
	}
	defer func() { _ = looker.Close() }()
	tree, err := looker.Tree()
	if err != nil {
		return fmt.Errorf("process %d: %w", f.pid, err)
	}
	recorder := life.NewRecorder(commandOf(f.pid), fmt.Sprintf("attached to process %d", f.pid))
	if err := recorder.Attach(cmd.Context(), tree, looker.Sockets); err != nil {
		if errors.Is(err, process.ErrGone) {
			return fmt.Errorf("process %d has ended", f.pid)
		}
		return err
	}
	finish := func() error {
		err := recorder.Stop()
		recorded := recorder.Life(cmd.Context())
		recorded.Tool = report.Tool{Version: versionText()}
		return errors.Join(err, f.write(cmd.OutOrStdout(), outputs, &recorded))
	}
	interrupted.await(func() { _ = finish() })
	defer interrupted.finish()
	_, _ = fmt.Fprintf(os.Stderr, "forkproof: process %d is traced: connect to it; Ctrl-C ends the trace, and the server goes on\n", f.pid)
	var over <-chan time.Time
	if f.lasts > 0 {
		over = time.After(f.lasts)
	}
	select {
	case <-recorder.Ended():
	case <-over:
	case <-cmd.Context().Done():
	}
	interrupted.claim()
	return finish()
}

// commandOf returns the command line of a process.
func commandOf(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(text) == 0 {
		return []string{fmt.Sprintf("process %d", pid)}
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}
