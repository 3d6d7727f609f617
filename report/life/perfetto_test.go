package life_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/forkproof/forkproof/report/life"
)

// fields returns the fields of a message: numbers as uint64, others as bytes.
func fields(t *testing.T, b []byte) map[protowire.Number][]any {
	t.Helper()
	all := map[protowire.Number][]any{}
	for len(b) > 0 {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		b = b[n:]
		var v any
		switch kind {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			v, n = protowire.ConsumeFixed64(b)
		default:
			v, n = protowire.ConsumeBytes(b)
		}
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		all[number] = append(all[number], v)
		b = b[n:]
	}
	return all
}

// TestPerfetto reads the file back: slices nest and times do not go back, each event has a
// track that is described, and a flow leads from the fork to the child.
func TestPerfetto(t *testing.T) {
	l := lecture()
	var b bytes.Buffer
	if err := life.WritePerfetto(&b, &l); err != nil {
		t.Fatal(err)
	}
	tracks := map[uint64]string{}
	open := map[uint64]int{}
	flows := map[uint64][]string{}
	var last uint64
	slices := 0
	for _, packet := range fields(t, b.Bytes())[1] {
		p := fields(t, packet.([]byte))
		if p[60] != nil {
			d := fields(t, p[60][0].([]byte))
			tracks[d[1][0].(uint64)] = string(d[2][0].([]byte))
			continue
		}
		if at := p[8][0].(uint64); at < last {
			t.Errorf("an event at %d follows one at %d", at, last)
		} else {
			last = at
		}
		e := fields(t, p[11][0].([]byte))
		track := e[11][0].(uint64)
		if tracks[track] == "" {
			t.Errorf("track %d is not described", track)
		}
		switch e[9][0].(uint64) {
		case 1:
			open[track]++
			slices++
		case 2:
			open[track]--
		}
		if open[track] < 0 || open[track] > 1 {
			t.Errorf("%d slices are open on %s", open[track], tracks[track])
		}
		for _, f := range e[47] {
			flows[f.(uint64)] = append(flows[f.(uint64)], tracks[track])
		}
	}
	if slices != 6 {
		t.Errorf("%d slices, want 6", slices)
	}
	forked := false
	for _, ends := range flows {
		forked = forked || len(ends) == 2 && ends[0] == "parent 7" && ends[1] == "child 8"
	}
	if !forked {
		t.Errorf("no flow from the fork to the child: %v", flows)
	}
}
