package hostiletest

import (
	"testing"

	"github.com/forkproof/forkproof/targets/catalog"
)

// links are symbolic links that the submission brings along, by the words of
// its command: the port, a file, and a folder. All lead out of it.
var links = map[string]string{
	"20001":         graderFolder + "/canary",
	"settings.conf": submissions + "/alice/answer",
	"data":          graderFolder,
}

// TestLinksOfTheCommand has every account judge, in the submission's folder, a
// server whose command has words that are symbolic links in that folder.
func TestLinksOfTheCommand(t *testing.T) {
	servers, err := catalog.Hostiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		if s.Name != "link-to-a-secret" {
			continue
		}
		for _, p := range availableAccounts(t) {
			t.Run(p.Name, func(t *testing.T) {
				t.Parallel()
				j := job{
					Flags: judged("launch/listens", "echo/exact"), AfterFlags: judged("echo/exact"),
					In: submissions + "/bob", Args: []string{"20001", "settings.conf", "--dir=data", "data/canary"},
				}
				hold(t, s, p, j, runJob(t, s, p, j))
			})
		}
		return
	}
	t.Fatal("there is no such server")
}
