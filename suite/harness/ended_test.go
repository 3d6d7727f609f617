package harness

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/suite/match"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// TestEndIsTold: a snapshot that shows the started process dead says how it ended,
// also when its init, which has to wait for it first, comes late.
func TestEndIsTold(t *testing.T) {
	command, err := catalog.Command(t.Context(), catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	host, err := targets.NewHost(t.Context(), targets.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close() })
	target, err := host.Start(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	v := &view{c: &Case{ctx: t.Context(), host: host}, target: target}
	if ended := v.see(match.Everything).Ended; ended != "" {
		t.Errorf("while it runs: %q", ended)
	}
	signal(t, host.Init(), unix.SIGSTOP)
	signal(t, target.PID, unix.SIGSEGV)
	time.AfterFunc(50*time.Millisecond, func() { signal(t, host.Init(), unix.SIGCONT) })
	for {
		snapshot := v.see(match.Processes)
		if p, found := snapshot.Picture.ByPID(target.PID); found && p.Alive() {
			continue
		}
		if snapshot.Ended != "killed by SIGSEGV" {
			t.Errorf("when it is dead: %q", snapshot.Ended)
		}
		return
	}
}

func signal(t *testing.T, pid int, sig unix.Signal) {
	t.Helper()
	if err := unix.Kill(pid, sig); err != nil {
		t.Errorf("%v to %d: %v", sig, pid, err)
	}
}
