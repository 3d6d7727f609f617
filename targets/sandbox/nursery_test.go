package sandbox

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestNurseryKilled: the host that is being opened fails, and the next one has
// a new nursery.
func TestNurseryKilled(t *testing.T) {
	if !Probe().Network {
		t.Skip("no namespaces: " + Probe().Reason)
	}
	n, err := theNursery()
	if err != nil {
		t.Fatal(err)
	}
	if err := n.process.Kill(); err != nil {
		t.Fatal(err)
	}
	h, err := Open(DefaultLimits())
	if err == nil {
		_ = h.Close()
		t.Fatal("a host was opened by a nursery that is dead")
	}
	if !strings.Contains(err.Error(), "ended from outside") {
		t.Error(err)
	}
	again, err := Open(DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}

// TestKeeperIsOurs: what the nursery clones is our own child.
func TestKeeperIsOurs(t *testing.T) {
	if !Probe().Network {
		t.Skip("no namespaces: " + Probe().Reason)
	}
	h, err := Open(DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(h.PID()) + "/status")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nPPid:\t" + strconv.Itoa(os.Getpid()) + "\n"; !strings.Contains(string(stat), want) {
		t.Errorf("the keeper is not ours:\n%s", stat)
	}
}
