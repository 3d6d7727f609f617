package poll

import (
	"testing"
	"time"
)

func TestAfter(t *testing.T) {
	for _, d := range []time.Duration{0, 50 * time.Microsecond, timerTick, 2 * timerTick} {
		begin := time.Now()
		<-After(d)
		if took := time.Since(begin); took < d {
			t.Errorf("after %v: %v too early", took, d-took)
		}
	}
}

// BenchmarkShort compares After with a timer.
func BenchmarkShort(b *testing.B) {
	const d = 50 * time.Microsecond
	for name, after := range map[string]func(time.Duration) <-chan time.Time{"poll": After, "timer": time.After} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				<-after(d)
			}
		})
	}
}
