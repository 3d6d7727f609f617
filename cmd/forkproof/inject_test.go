package main

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// armedRules hold the server up in its accept when it is ended.
var armedRules = []string{"inject", "client=reset", "accept:delay=1h", "fork:error=EAGAIN"}

// Ctrl-C ends the server, held up as it is, and prints the summary.
func TestInjectIsInterrupted(t *testing.T) {
	cmd, output := startForkproof(t, armedRules...)
	output.await(t, 5) // that it listens, twice, the isolation, the client, the delay
	if err := cmd.Process.Signal(unix.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Errorf("%v, want exit status %d\n%s", cmd.ProcessState, exitInterrupted, output)
	}
	if left := marked(t, cmd); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
	if !strings.Contains(output.String(), "     1 hits  accept:delay=1h\n") {
		t.Errorf("no summary:\n%s", output)
	}
}

// Killed, it leaves nothing running, and so nothing stopped.
func TestInjectIsKilled(t *testing.T) {
	cmd, output := startForkproof(t, armedRules...)
	output.await(t, 5)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for len(marked(t, cmd)) > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("left running 20 s after SIGKILL: %v", marked(t, cmd))
		}
		<-time.After(time.Millisecond)
	}
}
