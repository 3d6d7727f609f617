package dialogue

import (
	"regexp"
	"strings"
)

// A Text is a text of a dialogue file. In it, {client} stands for the number of the
// client, from 1, and {name} for what a group of that name has matched in an earlier
// reply of the same talk. Any other brace stands for itself.
type Text string

// clientWord is the name of a client's own number.
const clientWord = "client"

// fill returns the text with values in the places of their names.
func (t Text) fill(values map[string]string) string {
	return t.fillAs(values, func(s string) string { return s })
}

// fillQuoted is fill for a regular expression, which the values match literally.
func (t Text) fillQuoted(values map[string]string) string { return t.fillAs(values, regexp.QuoteMeta) }

func (t Text) fillAs(values map[string]string, as func(string) string) string {
	if !strings.Contains(string(t), "{") {
		return string(t)
	}
	var pairs []string
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", as(value))
	}
	return strings.NewReplacer(pairs...).Replace(string(t))
}

// compile compiles a regular expression, whatever the values of the names are: a server
// decides what is captured. An expression is refused in which one may end a range, or
// count repetitions.
func (t Text) compile(names []string) (*regexp.Regexp, error) {
	var compiled *regexp.Regexp
	for _, value := range []string{"9999", "b-a", "1"} {
		values := map[string]string{}
		for _, name := range names {
			values[name] = value
		}
		var err error
		if compiled, err = regexp.Compile(t.fillQuoted(values)); err != nil {
			return nil, err
		}
	}
	return compiled, nil
}

// fixed returns what is in front of the first place of a value.
func (t Text) fixed(names []string) string {
	fixed := string(t)
	for _, name := range names {
		fixed, _, _ = strings.Cut(fixed, "{"+name+"}")
	}
	return fixed
}

// uses returns the first of some names of values that the text has a place for; "" if
// it has none.
func (t Text) uses(names []string) string {
	for _, name := range names {
		if strings.Contains(string(t), "{"+name+"}") {
			return name
		}
	}
	return ""
}

// groups returns the names of the groups of a regular expression.
func groups(compiled *regexp.Regexp) []string {
	var names []string
	for _, name := range compiled.SubexpNames() {
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}
