package match

import (
	"cmp"
	"slices"
)

// Never matches no snapshot: it is for waiting until the tree sleeps.
func Never(expected string) Matcher {
	return matcher{
		expected: expected,
		holds:    func(Snapshot) bool { return false },
		explain:  func(s Snapshot) Finding { return Finding{Found: "not so", Diagnosis: blocked(s, nil)} },
	}
}

// Over matches once a channel is closed.
func Over(expected string, over <-chan struct{}) Matcher {
	return matcher{
		expected: expected,
		holds: func(Snapshot) bool {
			select {
			case <-over:
				return true
			default:
				return false
			}
		},
		explain: func(s Snapshot) Finding { return Finding{Found: "not so", Diagnosis: blocked(s, nil)} },
	}
}

// ParentSleeps matches a snapshot in which every process that listens sleeps in a
// system call.
func ParentSleeps() Matcher {
	return matcher{
		expected: "the parent sleeps in a system call",
		sight:    Everything,
		holds: func(s Snapshot) bool {
			busy := running(s)
			for _, p := range s.Listeners() {
				for _, q := range busy {
					if p.ID == q.ID {
						return false
					}
				}
			}
			return len(s.Listeners()) > 0
		},
		explain: func(s Snapshot) Finding { return Finding{Found: "it does not", Diagnosis: blocked(s, nil)} },
	}
}

// All matches a snapshot that every one of the matchers matches.
func All(list ...Matcher) Matcher {
	first := func(s Snapshot) int {
		return slices.IndexFunc(list, func(m Matcher) bool { return !m.Holds(s) })
	}
	return matcher{
		expected: list[0].Explain(Snapshot{}).Expected,
		sight:    slices.MaxFunc(list, func(a, b Matcher) int { return cmp.Compare(a.Sight(), b.Sight()) }).Sight(),
		holds:    func(s Snapshot) bool { return first(s) < 0 },
		atRest: func(s Snapshot) bool {
			return !slices.ContainsFunc(list, func(m Matcher) bool { return !m.HoldsAtRest(s) })
		},
		hopeless: func(s Snapshot) string {
			for _, m := range list {
				if why := m.Hopeless(s); why != "" {
					return why
				}
			}
			return ""
		},
		explain: func(s Snapshot) Finding { return list[max(first(s), 0)].Explain(s) },
	}
}

// Either matches a snapshot that one of two matchers matches. A mismatch is
// explained as the second does.
func Either(a, b Matcher) Matcher {
	return matcher{
		expected: b.Explain(Snapshot{}).Expected,
		sight:    max(a.Sight(), b.Sight()),
		holds:    func(s Snapshot) bool { return a.Holds(s) || b.Holds(s) },
		atRest:   func(s Snapshot) bool { return a.HoldsAtRest(s) || b.HoldsAtRest(s) },
		hopeless: func(s Snapshot) string {
			if a.Hopeless(s) == "" {
				return ""
			}
			return b.Hopeless(s)
		},
		explain: b.Explain,
	}
}
