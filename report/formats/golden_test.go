package formats

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files")

// Every format has a golden file.
func TestGolden(t *testing.T) {
	for _, format := range formats {
		t.Run(format.Name, func(t *testing.T) {
			var b bytes.Buffer
			if err := format.Write(&b, reporttest.Result(t)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", format.Name+".golden")
			if *update {
				if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), b.String()); diff != "" {
				t.Errorf("%s differs (go test ./report/formats -update writes it) (-want +got):\n%s", path, diff)
			}
		})
	}
}
