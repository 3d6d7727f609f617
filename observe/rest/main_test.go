package rest_test

import (
	"os"
	"testing"

	"github.com/forkproof/forkproof/observe/observetest"
)

func TestMain(m *testing.M) { os.Exit(observetest.Main(m)) }
