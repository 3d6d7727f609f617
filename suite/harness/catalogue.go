package harness

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
)

// An Entry is a requirement of the catalogue with the spec that checks it.
type Entry struct {
	Requirement
	Spec Spec
	// File and Line are where Require was called.
	File string
	Line int
}

// chapters in the order in which a server is judged. A chapter that is not
// listed comes after these.
var chapters = []string{"launch", "echo", "concurrency", "descriptors", "reaping", "termination", "signals", "faults"}

// registered is complete once every package is initialised.
var registered []Entry

// Require adds a requirement with its spec to the catalogue. It is called at
// package level; an incomplete requirement is a programming error.
func Require(r Requirement, spec Spec) Requirement {
	if r.Model == "" {
		r.Model = AnyModel
	}
	for name, value := range map[string]string{
		"Title": r.Title, "Rule": r.Rule, "Why": r.Why, "Source": r.Source,
		"Provoked": r.Provoked, "Hint": r.Hint, "Level": string(r.Level),
	} {
		if value == "" {
			panic(fmt.Sprintf("requirement %q has no %s", r.ID, name))
		}
	}
	e := Entry{Requirement: r, Spec: spec}
	_, e.File, e.Line, _ = runtime.Caller(1)
	registered = append(registered, e)
	return r
}

// Catalogue returns every requirement, in the order in which they are judged.
func Catalogue() []Entry {
	list := slices.Clone(registered)
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(Rank(a.Chapter()), Rank(b.Chapter())) })
	return list
}

// Rank returns the place of a chapter in the catalogue, from 0.
func Rank(chapter string) int {
	if i := slices.Index(chapters, chapter); i >= 0 {
		return i
	}
	return len(chapters)
}

// Find returns the requirement with the given ID.
func Find(id string) (Entry, bool) {
	i := slices.IndexFunc(registered, func(e Entry) bool { return e.ID == id })
	if i < 0 {
		return Entry{}, false
	}
	return registered[i], true
}

// Foundations returns all that a requirement builds on, directly or not: the
// root first, and each before what builds on it.
func Foundations(r Requirement) []Entry {
	var list []Entry
	seen := map[string]bool{r.ID: true}
	var visit func(Requirement)
	visit = func(r Requirement) {
		for _, id := range r.BuildsOn {
			if e, known := Find(id); known && !seen[id] {
				seen[id] = true
				visit(e.Requirement)
				list = append(list, e)
			}
		}
	}
	visit(r)
	return list
}
