package sandbox

import "testing"

// TestFirstHost: the host that Probe has found the isolation with is the first to
// be opened with its limits, and is ended when others are asked for.
func TestFirstHost(t *testing.T) {
	keep := func(limits Limits) *Host {
		if h, err := first.take(Probe(), Limits{}); h != nil || err != nil { // ends Probe's own
			t.Fatalf("a host without limits: %v, %v", h, err)
		}
		h, err := open(Probe(), limits)
		if err != nil {
			t.Fatal(err)
		}
		first.keep(h, limits)
		return h
	}
	opened := func(limits Limits) *Host {
		h, err := Open(limits)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = h.Close() })
		return h
	}
	limits, others := DefaultLimits(), DefaultLimits()
	others.DiskBytes *= 2

	kept := keep(limits)
	if h := opened(limits); h != kept || h.Isolation().Tier != Probe().Tier {
		t.Errorf("the first host is another one, or its tier is %s, want %s", h.Isolation().Tier, Probe().Tier)
	}
	if h := opened(limits); h == kept {
		t.Error("it is given twice")
	}
	kept = keep(limits)
	if h := opened(others); h == kept {
		t.Error("it is given to one who asked for other limits")
	}
	if !gone(kept.PID()) {
		t.Error("it lives on although it is of no use")
	}
}
