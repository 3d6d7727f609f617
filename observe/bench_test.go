package observe_test

import (
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
)

// BenchmarkLook1000 looks at a server with 1,000 children, with descriptors
// and sockets, and compares with lsof(8) and ss(8) where they are installed.
func BenchmarkLook1000(b *testing.B) {
	s := observetest.Start(b, "crowd", "1000")
	s.Until("complete", func(_, p observe.Picture) bool { return len(p.Processes) == 1001 })
	var pids []string
	for _, p := range s.Look().Processes {
		pids = append(pids, strconv.Itoa(p.ID.PID))
	}
	fastest := time.Hour
	for b.Loop() {
		begin := time.Now()
		p, err := s.Observer.Look(observe.Descriptors)
		if err != nil || len(p.Processes) != len(pids) {
			b.Fatalf("%d processes, %v", len(p.Processes), err)
		}
		fastest = min(fastest, time.Since(begin))
	}
	b.ReportMetric(float64(fastest.Microseconds()), "fastest-µs")
	compare(b, fastest, "x-faster-than-lsof", "lsof", "-nP", "-p", strings.Join(pids, ","))
	compare(b, fastest, "x-faster-than-ss", "ss", "-tanp")
}

// compare reports how much longer the fastest of some runs of a command takes
// than the fastest look: what else the machine does then counts least.
func compare(b *testing.B, look time.Duration, unit, name string, args ...string) {
	b.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		b.Logf("%s is not installed", name)
		return
	}
	fastest := time.Hour
	for range 10 {
		begin := time.Now()
		if out, err := exec.Command(path, args...).Output(); err != nil || len(out) == 0 {
			b.Logf("%s: %v", name, err)
			return
		}
		fastest = min(fastest, time.Since(begin))
	}
	b.ReportMetric(float64(fastest)/float64(look), unit)
}

// BenchmarkLook5 looks at five processes with everything.
func BenchmarkLook5(b *testing.B) {
	s := observetest.Start(b, "crowd", "4")
	s.Until("complete", func(_, p observe.Picture) bool { return len(p.Processes) == 5 })
	for b.Loop() {
		if _, err := s.Observer.Look(observe.Everything); err != nil {
			b.Fatal(err)
		}
	}
}
