package selftest

import (
	"os"
	"testing"

	"github.com/forkproof/forkproof/targets/catalog"
)

// Where servers share a network, one with a constant port is not started beside another of
// its kind: it could not listen, and would be blamed for that.
func TestConstantPortOnASharedNetwork(t *testing.T) {
	if testing.Short() {
		t.Skip("judges a server by the whole catalogue")
	}
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes a network namespace")
	}
	server, err := catalog.Find("fixed-port")
	if err != nil {
		t.Fatal(err)
	}
	list := []catalog.Server{server}
	g, err := newGrader("--isolation", "same-uid")
	if err != nil {
		t.Fatal(err)
	}
	g.networkNamespace = true
	paths, err := new(catalog.Builder).BuildAll(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range g.all(t, list, paths, 1) {
		compareWithHeader(t, j)
	}
}
