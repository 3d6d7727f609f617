package observe

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func (s *subject) kept() int { return s.observer.readers[0].keeping.open }

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
		s := start(t, mode)
		kept, _ := s.settled()
		fresh, err := newObserver("/proc", s.keeper, netlinkTable(t)).Look(Everything)
		if err != nil {
			t.Fatal(err)
		}
		// Sockets are those of the whole machine.
		same := []cmp.Option{cmpopts.IgnoreFields(Picture{}, "At", "Sockets"), cmpopts.EquateEmpty()}
		if diff := cmp.Diff(fresh, kept, same...); diff != "" {
			t.Errorf("%s: - fresh, + kept: %s", mode, diff)
		}
	}
}

// Processes that are gone leave nothing open, and neither does Close.
func TestKeepsNothingOfTheDead(t *testing.T) {
	s := start(t, "churn")
	held := openDescriptors(t) - s.kept() // what the test itself has open
	for range 5 * keepLooks {
		s.look()
		if n := s.kept(); n > keepFiles {
			t.Fatalf("%d files are kept open", n)
		}
	}
	if s.kept() == 0 {
		t.Error("nothing is kept, so this test shows nothing")
	}
	if now := openDescriptors(t); now != held+s.kept() {
		t.Errorf("%d descriptors, want %d and the %d that are kept", now, held, s.kept())
	}
	s.observer.Close()
	if now := openDescriptors(t); now != held || s.kept() != 0 {
		t.Errorf("%d descriptors after Close, %d before the first look", now, held)
	}
	s.look()
	if now := openDescriptors(t); now != held {
		t.Errorf("a look after Close left %d descriptors open", now-held)
	}
}
