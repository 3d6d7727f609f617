package faults

import "testing"

func TestInjectIntoProcessWhoseLeaderHasExited(t *testing.T) {
	v := startVictim(t, "leaderless")
	v.awaitState('Z')
	armed, err := Inject(within(t), []Target{v.Target}, Injection{Call: Poll})
	if err != nil {
		t.Fatal(err)
	}
	list, err := threads(v.Target)
	if err != nil || len(list) != 8 {
		t.Fatalf("%d threads, want 8: %v", len(list), err)
	}
	for _, one := range list {
		if tracerOf(one.tid) == 0 {
			t.Errorf("thread %d is not traced", one.tid)
		}
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if tracerOf(one.tid) != 0 {
			t.Errorf("thread %d is still traced", one.tid)
		}
	}
}
