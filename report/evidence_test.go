package report

import (
	"strings"
	"testing"
)

func table(n int, wrong func(int) bool) []Descriptor {
	list := make([]Descriptor, n)
	for i := range list {
		list[i] = Descriptor{FD: i, What: "pipe", Wrong: wrong(i)}
	}
	return list
}

func shown(full bool, list []Descriptor) string {
	p := page{full: full}
	p.descriptors(list)
	return p.b.String()
}

func TestLongDescriptorTables(t *testing.T) {
	late := shown(false, table(100, func(i int) bool { return i == 99 }))
	if !strings.Contains(late, "    > FD 99  pipe\n") || strings.Count(late, "FD ") != descriptorsShown || !strings.Contains(late, "… 84 more") {
		t.Errorf("the wrong descriptor at the end of a long table is to be among those shown:\n%s", late)
	}
	all := shown(false, table(100, func(int) bool { return true }))
	if strings.Count(all, "> FD ") != descriptorsShown || !strings.Contains(all, "… 84 more") {
		t.Errorf("a table of wrong descriptors is to be cut short:\n%s", all)
	}
	if full := shown(true, table(100, func(int) bool { return false })); strings.Count(full, "FD ") != 100 || strings.Contains(full, "more") {
		t.Errorf("a full page is to leave nothing out:\n%s", full)
	}
}

func TestZombiesOfOneParentTogether(t *testing.T) {
	var p page
	p.processes([]Process{
		{PID: 1, Parent: 9, State: "zombie"}, {PID: 2, Parent: 9, State: "zombie"}, {PID: 3, Parent: 8, State: "zombie"},
		{PID: 8, Parent: 9, State: "running"}, {PID: 7, Parent: 6, State: "stopped", SIGCHLD: "ignored"},
	})
	want := "    1, 2 zombies, parent 9\n    3 zombie, parent 8\n    parent 8  running\n    process 7  stopped  SIGCHLD ignored\n"
	if got := p.b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestPIDsInside checks that pids inside the server's namespace stand beside those
// outside, where they differ.
func TestPIDsInside(t *testing.T) {
	var p page
	p.processes([]Process{
		{PID: 812, Parent: 800, PIDInside: 3, ParentInside: 1, State: "sleeping"},
		{PID: 813, Parent: 812, PIDInside: 4, ParentInside: 3, State: "running"},
		{PID: 814, Parent: 812, PIDInside: 5, ParentInside: 3, State: "zombie"},
		{PID: 815, Parent: 812, PIDInside: 6, ParentInside: 3, State: "zombie"},
		{PID: 816, Parent: 1, PIDInside: 816, ParentInside: 1, State: "stopped"},
	})
	want := `    parent 812 (its pid 3)  sleeping
    child 813 (its pid 4, of 812)  running
    814 (its pid 5), 815 (its pid 6) zombies, parent 812 (its pid 3)
    process 816  stopped
`
	if got := p.b.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestLastLinesOfOutput(t *testing.T) {
	var p page
	p.output(strings.Repeat("line\n", 50) + "last\n\n")
	if got := p.b.String(); strings.Count(got, "| line\n") != outputShown-1 || !strings.HasSuffix(got, "    | last\n") {
		t.Errorf("got:\n%s", got)
	}
	var none page
	none.evidence(&Evidence{})
	none.evidence(nil)
	none.output("\n\n")
	if none.b.Len() > 0 {
		t.Errorf("no evidence is printed as %q", none.b.String())
	}
}
