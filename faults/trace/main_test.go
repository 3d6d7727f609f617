package trace

import (
	"testing"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

func TestMain(m *testing.M) { testproc.Main(m) }
