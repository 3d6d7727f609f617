// Package reporttest has results for tests of renderers.
package reporttest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// Result returns the result in report's golden file: a requirement of every verdict, of a
// server that prints hostile text.
func Result(t testing.TB) report.Result {
	t.Helper()
	_, self, _, _ := runtime.Caller(0)
	file, err := os.Open(filepath.Join(filepath.Dir(self), "..", "testdata", "result.json.golden"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	r, err := report.ReadJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
