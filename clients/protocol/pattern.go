package protocol

import (
	"regexp"
	"slices"
	"strings"
)

// A Pattern is a reply as it was learnt: pieces of text, and masks where replies to
// several clients differed. The zero Pattern is an empty reply.
type Pattern struct {
	parts []part
	// Masked are the words that vary, as one of the clients received them.
	Masked []string
}

// A part is a text, or a mask for what varies.
type part struct {
	text string
	mask mask
}

// A mask says which bytes vary.
type mask int

const (
	exact  mask = iota // none: it is a text
	word               // a run of bytes without white space, at least one
	blanks             // a run of spaces and tabs, at least one
	indent             // the same, perhaps none
	rest               // all up to the end of the line
)

// longestMasked is how many bytes vary at most in one place.
const longestMasked = 4 << 10

// has reports whether a mask stands for a byte.
func (m mask) has(b byte) bool {
	switch m {
	case word:
		return b != ' ' && b != '\t' && b != '\r' && b != '\n'
	case blanks, indent:
		return b == ' ' || b == '\t'
	case rest:
		return b != '\n'
	}
	return false
}

// optional reports whether a mask may stand for nothing.
func (m mask) optional() bool { return m == indent || m == rest }

// String shows the pattern with "…" where it varies.
func (p Pattern) String() string {
	var b strings.Builder
	for _, one := range p.parts {
		switch one.mask {
		case exact:
			b.WriteString(one.text)
		case word, rest:
			b.WriteString("…")
		case blanks:
			b.WriteString(" ")
		}
	}
	return b.String()
}

// Regexp returns the pattern as a regular expression (RE2) that matches a whole reply.
func (p Pattern) Regexp() string {
	var b strings.Builder
	b.WriteString("^")
	for _, one := range p.parts {
		switch one.mask {
		case exact:
			b.WriteString(regexp.QuoteMeta(one.text))
		case word:
			b.WriteString(`\S+`)
		case blanks:
			b.WriteString(`[ \t]+`)
		case indent:
			b.WriteString(`[ \t]*`)
		case rest:
			b.WriteString(`.*`)
		}
	}
	b.WriteString("$")
	return b.String()
}

// open reports whether the pattern ends in something that varies: where such a reply
// ends cannot be told from its bytes.
func (p Pattern) open() bool { return len(p.parts) > 0 && p.parts[len(p.parts)-1].mask != exact }

// A reading is how far a reply has been compared with its pattern.
type reading struct {
	pattern Pattern
	part    int
	at      int // bytes of the part that have arrived
}

// take compares the next bytes and returns how many of them belong to the reply, and
// whether the byte after those is wrong.
func (r *reading) take(b []byte) (n int, wrong bool) {
	for n < len(b) && r.part < len(r.pattern.parts) {
		p := r.pattern.parts[r.part]
		if p.mask == exact {
			want := p.text[r.at:]
			m := min(len(want), len(b)-n)
			if i := firstDifference([]byte(want[:m]), b[n:n+m]); i >= 0 {
				r.at += i
				return n + i, true
			}
			n, r.at = n+m, r.at+m
			if r.at == len(p.text) {
				r.next()
			}
			continue
		}
		if p.mask.has(b[n]) {
			if r.at == longestMasked {
				return n, true
			}
			n, r.at = n+1, r.at+1
			continue
		}
		if r.at == 0 && !p.mask.optional() {
			return n, true
		}
		r.next()
	}
	return n, false
}

func (r *reading) next() { r.part, r.at = r.part+1, 0 }

// over reports whether the reply has arrived and nothing more of it can.
func (r *reading) over() bool { return r.part == len(r.pattern.parts) }

// whole reports whether all of the reply has arrived. More may still come of what
// varies at its end.
func (r *reading) whole() bool {
	switch left := len(r.pattern.parts) - r.part; left {
	case 0:
		return true
	case 1:
		p := r.pattern.parts[r.part]
		return p.mask != exact && (r.at > 0 || p.mask.optional())
	}
	return false
}

// due returns what is owed next, with "…" for what varies.
func (r *reading) due() []byte {
	if r.part == len(r.pattern.parts) {
		return nil
	}
	p := r.pattern.parts[r.part]
	left := Pattern{parts: slices.Clone(r.pattern.parts[r.part:])}
	if p.mask == exact {
		left.parts[0].text = p.text[r.at:]
	}
	text := left.String()
	if len(text) > keptBytes {
		text = strings.ToValidUTF8(text[:keptBytes], "") // not a part of "…"
	}
	return []byte(text)
}
