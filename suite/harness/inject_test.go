package harness

import (
	"testing"

	"github.com/forkproof/forkproof/faults/trace"
)

func TestListHits(t *testing.T) {
	hits := []trace.Hit{
		{Call: "sendto", PID: 812, FD: 4, Injected: "EINTR"},
		{Call: "sendto", PID: 812, FD: 4, Injected: "EINTR"},
		{Call: "clone3", PID: 800, FD: -1, Injected: "EAGAIN"},
	}
	const want = "sendto of process 812 on FD 4: EINTR (2 times), clone3 of process 800: EAGAIN"
	if got := listHits(hits); got != want {
		t.Errorf("%q", got)
	}
}
