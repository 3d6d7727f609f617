package trace

import (
	"testing"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

func TestInjectIntoProcessWhoseLeaderHasExited(t *testing.T) {
	v := testproc.StartBehaving(t, "leaderless")
	v.AwaitState('Z')
	armed, err := Inject(testproc.Within(t), []process.ID{v.ID}, Injection{Family: Poll})
	if err != nil {
		t.Fatal(err)
	}
	list, err := procfile.Threads(v.PID)
	if err != nil || len(list) != 8 {
		t.Fatalf("%d threads, want 8: %v", len(list), err)
	}
	for _, one := range list {
		if procfile.TracerOf(one.TID) == 0 {
			t.Errorf("thread %d is not traced", one.TID)
		}
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if procfile.TracerOf(one.TID) != 0 {
			t.Errorf("thread %d is still traced", one.TID)
		}
	}
}
