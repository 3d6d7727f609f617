package nap

import (
	"testing"
	"time"
)

func TestWaits(t *testing.T) {
	for _, d := range []time.Duration{0, 50 * time.Microsecond, Tick, 2 * Tick} {
		begin := time.Now()
		<-After(d)
		if took := time.Since(begin); took < d {
			t.Errorf("after %v: %v too early", took, d-took)
		}
	}
}

// BenchmarkShort compares a nap with a timer.
func BenchmarkShort(b *testing.B) {
	const d = 50 * time.Microsecond
	for name, after := range map[string]func(time.Duration) <-chan time.Time{"nap": After, "timer": time.After} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				<-after(d)
			}
		})
	}
}
