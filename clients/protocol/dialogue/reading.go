package dialogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

const (
	// keptBytes is how much of a reply's beginning is kept for the report.
	keptBytes = 64
	// longestText is how long a reply may be that an expression or a JSON text judges,
	// which need it as a whole.
	longestText = 1 << 20
	// endless is from how many bytes on a reply has no end.
	endless = 16 << 20
)

// A reading is how far a reply has been compared with what is known of it. It keeps no
// more than its beginning, and the whole only for an expression or a JSON text.
type reading struct {
	line int
	// exact is the whole reply, where isExact; open says that nothing is known of it.
	exact   string
	isExact bool
	open    bool
	size    int64
	until   *finder
	prefix  string
	parts   []part
	regexp  *regexp.Regexp
	members []Member // with their values filled in

	taken int64
	begun []byte // its beginning
	whole []byte // all of it, where it is needed
	done  bool
}

// A part is a text that a reply has, or has not.
type part struct {
	*finder
	never, found bool
}

// A fault is what is wrong with a reply: a clause that completes "the reply to …".
type fault struct {
	because string
	want    []byte
	got     []byte
}

// read begins to read a reply of which e is known, when some values are.
func read(e Expect, values map[string]string) *reading {
	r := &reading{line: e.Line, isExact: e.IsExact, size: e.Size, exact: e.Exact.fill(values), prefix: e.Prefix.fill(values)}
	if e.IsExact {
		r.done = r.exact == ""
		return r
	}
	if e.Size == 0 {
		r.until = find(e.Until.fill(values))
	}
	for _, text := range e.Contains {
		r.parts = append(r.parts, part{finder: find(text.fill(values))})
	}
	for _, text := range e.Never {
		r.parts = append(r.parts, part{finder: find(text.fill(values)), never: true})
	}
	if e.Regexp != "" {
		r.regexp = regexp.MustCompile(e.Regexp.fillQuoted(values)) // compiled when the file was read
	}
	for _, m := range e.JSON {
		if text, is := m.Value.(Text); is {
			m.Value = text.fill(values)
		}
		r.members = append(r.members, m)
	}
	return r
}

// take takes the next bytes. It returns how many of them belong to the reply and are
// right, and what is wrong then; nil when nothing is. When the reply is over, done is set.
func (r *reading) take(b []byte) (n int, wrong *fault) {
	switch {
	case r.open:
		n = len(b)
	case r.isExact:
		n, wrong = r.takeExact(b)
	default:
		n, wrong = r.takeParts(b)
	}
	r.keep(b[:n])
	r.taken += int64(n)
	switch {
	case wrong != nil:
	case r.needsWhole() && r.taken > longestText:
		wrong = &fault{because: "is longer than 1 MiB, the most that regexp and json judge", got: r.begun}
	case r.done && !r.isExact:
		wrong = r.judge()
	case !r.isExact && r.taken > endless && r.size == 0:
		wrong = &fault{because: fmt.Sprintf("is longer than %d MiB and has no end", endless>>20), got: r.begun}
	}
	return n, wrong
}

func (r *reading) takeExact(b []byte) (n int, wrong *fault) {
	left := r.exact[r.taken:]
	for n < min(len(b), len(left)) {
		if b[n] != left[n] {
			return n, &fault{because: "differs", want: []byte(left[n:min(n+keptBytes, len(left))]), got: kept(b[n:])}
		}
		n++
	}
	r.done = n == len(left)
	return n, nil
}

func (r *reading) takeParts(b []byte) (n int, wrong *fault) {
	for n < len(b) && !r.done {
		at := r.taken + int64(n)
		if at < int64(len(r.prefix)) && b[n] != r.prefix[at] {
			return n, &fault{because: "does not begin with " + quote(r.prefix), want: []byte(r.prefix[at:min(at+keptBytes, int64(len(r.prefix)))]), got: kept(b[n:])}
		}
		for i := range r.parts {
			p := &r.parts[i]
			if !p.found && p.finder.found(b[n]) {
				p.found = true
				if p.never {
					return n, &fault{because: "has " + quote(p.text) + " in it", got: r.around(b, n)}
				}
			}
		}
		r.done = r.until != nil && r.until.found(b[n]) || r.until == nil && at+1 == r.size
		n++
	}
	return n, nil
}

// around returns the last bytes of a reply up to b[n], as far as they are at hand.
func (r *reading) around(b []byte, n int) []byte {
	if r.taken+int64(n) < keptBytes {
		return append(bytes.Clone(r.begun), b[:n+1]...)
	}
	return bytes.Clone(b[max(0, n+1-keptBytes) : n+1])
}

func (r *reading) keep(b []byte) {
	r.begun = append(r.begun, b[:min(len(b), keptBytes-len(r.begun))]...)
	if r.needsWhole() {
		r.whole = append(r.whole, b[:min(len(b), longestText-len(r.whole))]...)
	}
}

func (r *reading) needsWhole() bool { return r.regexp != nil || len(r.members) > 0 }

// judge returns what is wrong with a reply that is over.
func (r *reading) judge() *fault {
	if r.taken < int64(len(r.prefix)) {
		return &fault{because: "is over before " + quote(r.prefix), want: []byte(r.prefix), got: r.begun}
	}
	for _, p := range r.parts {
		if !p.never && !p.found {
			return &fault{because: "does not contain " + quote(p.text), got: r.begun}
		}
	}
	if r.regexp != nil && !r.regexp.Match(r.whole) {
		return &fault{because: "does not match " + quote(r.regexp.String()), got: r.begun}
	}
	if len(r.members) > 0 {
		return r.judgeJSON()
	}
	return nil
}

func (r *reading) judgeJSON() *fault {
	var text any
	if err := json.Unmarshal(r.whole, &text); err != nil {
		return &fault{because: "is no JSON: " + err.Error(), got: r.begun}
	}
	for _, m := range r.members {
		value, found := at(text, m.Path)
		want, _ := json.Marshal(m.Value)
		switch got, _ := json.Marshal(value); {
		case !found:
			return &fault{because: "has no " + quote(m.Path), got: r.begun}
		case string(got) != string(want):
			return &fault{because: "has another value at " + quote(m.Path), want: kept(want), got: kept(got)}
		}
	}
	return nil
}

// at returns the value at a path of a JSON text.
func at(text any, path string) (value any, found bool) {
	for name := range strings.SplitSeq(path, ".") {
		switch in := text.(type) {
		case map[string]any:
			if text, found = in[name]; !found {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil, false
			}
			text = in[i]
		default:
			return nil, false
		}
	}
	return text, true
}

// values returns what the named groups of an expression have matched.
func (r *reading) values() map[string]string {
	if r.regexp == nil || len(groups(r.regexp)) == 0 {
		return nil
	}
	values := map[string]string{}
	for i, match := range r.regexp.FindSubmatch(r.whole) {
		if name := r.regexp.SubexpNames()[i]; name != "" {
			values[name] = string(match)
		}
	}
	return values
}

func kept(b []byte) []byte { return bytes.Clone(b[:min(keptBytes, len(b))]) }

// quote quotes a text, cut short where it is long.
func quote(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return strconv.Quote(string(runes[:most])) + "..."
	}
	return strconv.Quote(text)
}
