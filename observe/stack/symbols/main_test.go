package symbols

import (
	"os"
	"testing"

	"github.com/forkproof/forkproof/internal/testbinary"
)

func TestMain(m *testing.M) {
	code := m.Run()
	testbinary.Remove()
	os.Exit(code)
}
