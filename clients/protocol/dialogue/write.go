package dialogue

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// YAML returns the dialogue as a file. Parse reads the same dialogue from it, but for the
// numbers of the lines.
func (d *Dialogue) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "dialogue: %s\n", Version)
	if d.Name != "" {
		fmt.Fprintf(&b, "name: %s\n", quoted(d.Name))
	}
	if d.Greeting != nil {
		fmt.Fprintf(&b, "greeting: %s\n", d.Greeting.yaml())
	}
	b.WriteString("clients:\n")
	for _, k := range d.Kinds {
		fmt.Fprintf(&b, "  - name: %s\n", quoted(k.Name))
		if k.After != "" {
			fmt.Fprintf(&b, "    after: %s\n", quoted(k.After))
		}
		b.WriteString("    talk:\n")
		for _, x := range k.Talk {
			fmt.Fprintf(&b, "      - send: %s\n", x.Send.yaml())
			if x.Expect != nil {
				fmt.Fprintf(&b, "        expect: %s\n", x.Expect.yaml())
			}
			if x.Ends {
				b.WriteString("        ends: server\n")
			}
		}
	}
	if d.Hold != "" {
		fmt.Fprintf(&b, "hold: %s\n", quoted(d.Hold))
	}
	if d.Pipelining {
		b.WriteString("pipelining: true\n")
	}
	return []byte(b.String())
}

// yaml returns what is known of a reply, in one line.
func (e *Expect) yaml() string {
	if e.IsExact {
		return e.Exact.yaml()
	}
	var pairs []string
	add := func(key, value string) { pairs = append(pairs, key+": "+value) }
	switch {
	case e.Size > 0:
		add("size", fmt.Sprint(e.Size))
	case e.Until != lineEnd:
		add("until", quoted(string(e.Until)))
	}
	if e.Prefix != "" {
		add("prefix", quoted(string(e.Prefix)))
	}
	if len(e.Contains) > 0 {
		add("contains", listed(e.Contains))
	}
	if len(e.Never) > 0 {
		add("never", listed(e.Never))
	}
	if e.Regexp != "" {
		add("regexp", quoted(string(e.Regexp)))
	}
	if len(e.JSON) > 0 {
		members := make([]string, len(e.JSON))
		for i, m := range e.JSON {
			value, _ := json.Marshal(m.Value) // a scalar
			members[i] = quoted(m.Path) + ": " + string(value)
		}
		add("json", "{"+strings.Join(members, ", ")+"}")
	}
	if len(pairs) == 0 {
		add("line", "any")
	}
	return "{" + strings.Join(pairs, ", ") + "}"
}

// yaml returns a text in quotes or, where it is no text, its bytes.
func (t Text) yaml() string {
	if !utf8.ValidString(string(t)) || strings.ContainsRune(string(t), 0) {
		return fmt.Sprintf("{bytes: %q}", hex.EncodeToString([]byte(t)))
	}
	return quoted(string(t))
}

func listed(texts []Text) string {
	list := make([]string, len(texts))
	for i, t := range texts {
		list[i] = quoted(string(t))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// quoted quotes a text as in JSON, of which every text is one in YAML.
func quoted(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text can be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
