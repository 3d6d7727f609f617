package selftest

import (
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// How many pairs TestPairs judges, and in how many of them both defects have to be among
// the first three causes.
const (
	pairs      = 100
	pairsFound = 85
)

// TestPairs judges servers with two defects, and counts in how many of them both are
// among the first three causes. A pair counts if the first requirement of each defect
// was judged and failed: what hides another defect completely, no report can tell.
func TestPairs(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_PAIRS") == "" {
		t.Skip("judges 100 servers: make pairs")
	}
	list := drawPairs(t, 3*pairs)
	told, counted := 0, 0
	for some := range slices.Chunk(list, 20) {
		if counted >= pairs {
			break
		}
		for _, j := range judgeAll(t, serversOf(some), 2*runtime.NumCPU()) {
			p := some[slices.IndexFunc(some, func(p pair) bool { return p.server.Name == j.server.Name })]
			if counted == pairs || !p.visible(j.result) {
				continue
			}
			counted++
			if missing := p.missing(j.result); missing != "" {
				t.Logf("%s: %s is not among the first three: %v", j.server.Name, missing, causeIDs(j.result))
			} else {
				told++
			}
		}
	}
	t.Logf("both defects are among the first three causes in %d of %d pairs", told, counted)
	if counted < pairs || told < pairsFound {
		t.Errorf("%d of %d pairs, want %d of %d", told, counted, pairsFound, pairs)
	}
}

// A pair is a server with two defects.
type pair struct {
	server catalog.Server
	of     [2]catalog.Server
}

// drawPairs draws pairs of faulty servers that replace different steps; the same for ever.
func drawPairs(t *testing.T, n int) []pair {
	t.Helper()
	bad := slices.DeleteFunc(servers(t), func(s catalog.Server) bool { return s.Kind != catalog.Bad || s.Protocol != catalog.EchoProtocol })
	random := rand.New(rand.NewPCG(1, 1))
	var list []pair
	for len(list) < n {
		a, b := bad[random.IntN(len(bad))], bad[random.IntN(len(bad))]
		p, possible := catalog.Pair(a, b)
		if possible && !slices.ContainsFunc(list, func(q pair) bool { return q.server.Name == p.Name }) {
			list = append(list, pair{p, [2]catalog.Server{a, b}})
		}
	}
	return list
}

func serversOf(list []pair) []catalog.Server {
	all := make([]catalog.Server, len(list))
	for i, p := range list {
		all[i] = p.server
	}
	return all
}

// visible reports whether the first requirement of each defect failed.
func (p pair) visible(r report.Result) bool {
	for _, s := range p.of {
		if v := r.Of(s.Breaks[0]).Verdict; v != report.Fail && v != report.Advice {
			return false
		}
	}
	return p.of[0].Breaks[0] != p.of[1].Breaks[0]
}

// missing names the defect that is not among the first three causes; "" when both are.
func (p pair) missing(r report.Result) string {
	for _, s := range p.of {
		first := causeIDs(r)[:min(3, len(r.Causes))]
		if !slices.Contains(first, s.Name) && (alike[s.Name] == "" || !slices.Contains(first, alike[s.Name])) {
			return s.Name
		}
	}
	return ""
}

func causeIDs(r report.Result) []string {
	ids := make([]string, len(r.Causes))
	for i, c := range r.Causes {
		ids[i] = c.ID
	}
	return ids
}
