package harness

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	for _, test := range []struct {
		name  string
		turns []time.Duration // each of one client
		slow  bool
	}{
		{"before the first client", nil, false},
		{"quick", []time.Duration{2 * time.Millisecond, 3 * time.Millisecond}, false},
		{"quick, on a machine that was busy once", []time.Duration{2 * time.Millisecond, 300 * time.Millisecond}, false},
		{"slow with each", []time.Duration{30 * time.Millisecond, 25 * time.Millisecond}, true},
		{"slow with all together", []time.Duration{2 * time.Millisecond, slowTurns}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var now time.Duration
			p := pace{taken: func() time.Duration { return now }, shortest: time.Minute}
			for _, turn := range test.turns {
				now += turn
				p.served(1)
			}
			if p.slow() != test.slow {
				t.Errorf("slow() = %v after %v", p.slow(), test.turns)
			}
		})
	}
}

func TestPaceOfClientsTogether(t *testing.T) {
	now := 100 * time.Millisecond
	p := pace{taken: func() time.Duration { return now }, shortest: time.Minute}
	if p.served(20); p.shortest != 5*time.Millisecond || p.slow() {
		t.Errorf("20 clients in %v: %v each, slow %v", now, p.shortest, p.slow())
	}
}

func TestLearntKeepsTheLeast(t *testing.T) {
	var l learnt
	if got := l.takes(toAnswer); got != 0 {
		t.Errorf("takes %v before anything is known", got)
	}
	for _, d := range []time.Duration{30 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond} {
		l.took(toAnswer, d)
	}
	if got := l.takes(toAnswer); got != 20*time.Millisecond {
		t.Errorf("takes %v, want the least", got)
	}
	if got := l.takes(toEnd(5)); got != 0 {
		t.Errorf("takes %v for something else", got)
	}
}

func TestOneSlowLookPutsOffNoOther(t *testing.T) {
	w := waiter{view: &view{}}
	w.took(84*time.Millisecond, 2) // it kept forkproof waiting in the middle of the first look
	w.looked = 100
	if got, most := w.expectedCost(), 100*mostLookCost; got > most {
		t.Errorf("a look at 100 processes is expected to take %v, more than %v", got, most)
	}
	w.took(10*time.Millisecond, 100)
	if got := w.expectedCost(); got != 10*time.Millisecond {
		t.Errorf("a look at 100 processes is expected to take %v, want as long as the last", got)
	}
}
