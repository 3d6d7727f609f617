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

// What is read from files that were open before is what a new observer reads.
func TestKeptFilesShowWhatIsNow(t *testing.T) {
	for _, mode := range []string{"zombie", "thread_child", "leader_gone", "daemon"} {
		s := observetest.Start(t, mode)
		kept, _ := s.Settled()
		fresh, err := observe.NewKeepingNothing(s.Keeper, observetest.NetlinkTable(t)).Look(observe.Everything)
		if err != nil {
			t.Fatal(err)
		}
		// Sockets are those of the whole machine.
		same := []cmp.Option{cmpopts.IgnoreFields(observe.Picture{}, "At", "Sockets"), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(fresh, kept, same...); diff != "" {
			t.Errorf("%s: - fresh, + kept: %s", mode, diff)
		}
	}
}

// Processes that are gone leave nothing open, and neither does Close.
func TestKeepsNothingOfTheDead(t *testing.T) {
	s := observetest.Start(t, "churn")
	held := openDescriptors(t) - s.Observer.Kept() // what the test itself has open
	for range 5 * observe.KeepLooks {
		s.Look()
		if n := s.Observer.Kept(); n > observe.KeepFiles {
			t.Fatalf("%d files are kept open", n)
		}
	}
	if s.Observer.Kept() == 0 {
		t.Error("nothing is kept, so this test shows nothing")
	}
	if now := openDescriptors(t); now != held+s.Observer.Kept() {
		t.Errorf("%d descriptors, want %d and the %d that are kept", now, held, s.Observer.Kept())
	}
	s.Observer.Close()
	if now := openDescriptors(t); now != held || s.Observer.Kept() != 0 {
		t.Errorf("%d descriptors after Close, %d before the first look", now, held)
	}
	s.Look()
	if now := openDescriptors(t); now != held {
		t.Errorf("a look after Close left %d descriptors open", now-held)
	}
}
