package rubric

import (
	"math/big"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/forkproof/forkproof/internal/nearest"
)

// An entry is a key of points or extra.
type entry struct {
	pair
	item Item
}

// readPoints reads points or extra: names with numbers.
func (r *reader) readPoints(node ast.Node, extra bool) {
	what := "points"
	if extra {
		what = "extra"
	}
	for _, p := range r.pairs(r.mapping(node, what)) {
		points := r.number(p.value, what)
		if len(r.named(p.at, p.key)) == 0 {
			continue
		}
		if points == nil {
			points = new(big.Rat)
		}
		if slices.ContainsFunc(r.points, func(e entry) bool { return e.key == p.key }) {
			r.wrong(p.at, "%s has points already: name it in points or in extra", p.key)
			continue
		}
		r.points = append(r.points, entry{p, Item{Name: p.key, Points: points, Extra: extra}})
	}
}

// cover shares out the requirements among the items: each that applies to the model and
// protocol belongs to the most specific that names it.
func (r *reader) cover() {
	known := r.rubric.Model != "" && r.rubric.Protocol != ""
	for _, q := range r.words.Requirements {
		if known && !r.words.Applies(q.ID, r.rubric.Model, r.rubric.Protocol) {
			continue
		}
		for _, name := range []string{q.ID, chapterOf(q.ID), string(q.Level)} {
			i := slices.IndexFunc(r.points, func(e entry) bool { return e.key == name })
			if i >= 0 {
				r.points[i].item.Covers = append(r.points[i].item.Covers, q.ID)
				break
			}
		}
	}
	sum := new(big.Rat)
	for _, e := range r.points {
		r.coversSomething(e)
		if !e.item.Extra {
			sum.Add(sum, e.item.Points)
		}
		r.rubric.Items = append(r.rubric.Items, e.item)
	}
	if len(r.points) > 0 && sum.Sign() == 0 && len(r.mistakes) == 0 {
		r.wrong(r.points[0].at, "nothing earns a point: give points above 0")
	}
}

// coversSomething notes an item that no submission can earn points of.
func (r *reader) coversSomething(e entry) {
	if len(e.item.Covers) > 0 {
		return
	}
	for _, q := range r.words.Requirements {
		names := e.key == q.ID || e.key == chapterOf(q.ID) || e.key == string(q.Level)
		if names && r.words.Applies(q.ID, r.rubric.Model, r.rubric.Protocol) {
			r.wrong(e.at, "%s covers nothing: each of its requirements has points of its own", e.key)
			return
		}
	}
	r.wrong(e.at, "%s does not apply to a server of model %s with protocol %s: leave it out", e.key, r.rubric.Model, r.rubric.Protocol)
}

// named returns the IDs that a name stands for: a requirement, a chapter or a level. It
// notes a name that is none.
func (r *reader) named(at *token.Token, name string) []string {
	var ids, known []string
	for _, q := range r.words.Requirements {
		if name == q.ID || name == chapterOf(q.ID) || name == string(q.Level) {
			ids = append(ids, q.ID)
		}
		for _, word := range []string{q.ID, chapterOf(q.ID), string(q.Level)} {
			if !slices.Contains(known, word) {
				known = append(known, word)
			}
		}
	}
	if len(ids) == 0 {
		r.wrong(at, "unknown requirement, chapter or level %q: %sforkproof list shows all", name, nearest.Meant(name, known))
	}
	return ids
}

func chapterOf(id string) string {
	chapter, _, _ := strings.Cut(id, "/")
	return chapter
}

func (r *reader) weights(node ast.Node) {
	for _, p := range r.pairs(r.mapping(node, "weights")) {
		weight := r.number(p.value, "a weight")
		for _, id := range r.named(p.at, p.key) {
			if weight != nil {
				r.rubric.Weights[id] = weight
			}
		}
		if weight != nil && weight.Sign() == 0 {
			r.wrong(p.value.GetToken(), "a weight is above 0: what is worth nothing has 0 points")
		}
	}
}

// required reads names, or names with the highest grade of who does not meet them.
func (r *reader) required(node ast.Node) {
	add := func(at *token.Token, name string, most *big.Rat) {
		if ids := r.named(at, name); len(ids) > 0 && most != nil {
			r.rubric.Required = append(r.rubric.Required, Required{Name: name, Covers: ids, Most: most})
		}
	}
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		for _, p := range r.pairs(r.mapping(node, "require")) {
			add(p.at, p.key, r.number(p.value, "the highest grade without it"))
		}
	default:
		for _, one := range r.list(node) {
			if name, ok := r.scalar(one, "a requirement, chapter or level"); ok {
				add(one.GetToken(), name, new(big.Rat))
			}
		}
	}
}

// The words of not-run besides a share.
const (
	earnsNothing = "nothing"
	earnsHold    = "hold"
)

func (r *reader) notRun(node ast.Node) {
	text, ok := r.scalar(node, "nothing, hold, or a share as in 0.5")
	if !ok {
		return
	}
	share, isNumber := new(big.Rat).SetString(text)
	switch {
	case text == earnsNothing:
		r.rubric.OnNotRun = new(big.Rat)
	case text == earnsHold:
		r.rubric.OnNotRun = nil
	case isNumber && decimals.MatchString(text) && share.Cmp(big.NewRat(1, 1)) <= 0:
		r.rubric.OnNotRun = share
	default:
		r.wrong(node.GetToken(), "unknown rule for not-run %q: known are nothing, hold, or a share from 0 to 1 as in 0.5", text)
	}
}

// shown reads how much students see: a word, or words for all, chapters and IDs.
func (r *reader) shown(node ast.Node) {
	words := []string{string(Evidence), string(Hints), string(Names), string(Nothing)}
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		for _, p := range r.pairs(r.mapping(node, "show")) {
			if key := p.key; key == "all" {
				r.rubric.Shown[""] = Shown(r.word(p.value, "value of show", words))
			} else if len(r.named(p.at, key)) > 0 {
				if slices.Contains([]string{"MUST", "SHOULD"}, key) {
					r.wrong(p.at, "show takes requirements and chapters, not the level %s", key)
				}
				r.rubric.Shown[key] = Shown(r.word(p.value, "value of show", words))
			}
		}
	default:
		r.rubric.Shown[""] = Shown(r.word(node, "value of show", words))
	}
}
