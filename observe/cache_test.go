package observe_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
)

func openDescriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// A cached file shows what a newly opened one does.
func TestCachedFilesAreCurrent(t *testing.T) {
	for _, mode := range []string{"zombie", "thread_child", "leader_gone", "daemon"} {
		s := observetest.Start(t, mode)
		cached, _ := s.Settled()
		fresh, err := observe.NewUncached(s.Subreaper, observetest.NetlinkTable(t)).Look(observe.Everything)
		if err != nil {
			t.Fatal(err)
		}
		// Sockets are those of the whole machine.
		same := []cmp.Option{cmpopts.IgnoreFields(observe.Picture{}, "At", "Sockets"), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(fresh, cached, same...); diff != "" {
			t.Errorf("%s: - fresh, + cached: %s", mode, diff)
		}
	}
}

// The cache holds nothing of processes that are gone, and nothing after Close.
func TestCacheDropsEndedProcesses(t *testing.T) {
	s := observetest.Start(t, "churn")
	held := openDescriptors(t) - s.Observer.Cached() // what the test itself has open
	for range 5 * observe.CachedLooks {
		s.Look()
		if n := s.Observer.Cached(); n > observe.MaxCached {
			t.Fatalf("the cache holds %d descriptors", n)
		}
	}
	if s.Observer.Cached() == 0 {
		t.Error("the cache is empty, so this test shows nothing")
	}
	if now := openDescriptors(t); now != held+s.Observer.Cached() {
		t.Errorf("%d descriptors, want %d and the %d of the cache", now, held, s.Observer.Cached())
	}
	s.Observer.Close()
	if now := openDescriptors(t); now != held || s.Observer.Cached() != 0 {
		t.Errorf("%d descriptors after Close, %d before the first look", now, held)
	}
	s.Look()
	if now := openDescriptors(t); now != held {
		t.Errorf("a look after Close left %d descriptors open", now-held)
	}
}
