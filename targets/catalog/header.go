package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A header is the first comment of a server's source: values by key.
type header map[string]string

var keyLine = regexp.MustCompile(`^ ([a-z]+(?:-[a-z]+)*):(?:\s+(.*))?$`)

// parseHeader parses the comment at the beginning of a C file. A line "key: value"
// begins a value; lines that are indented more deeply than a key continue it.
func parseHeader(text string) (header, error) {
	comment, _, err := splitHeader(text)
	if err != nil {
		return nil, err
	}
	h := header{}
	last := ""
	for i, line := range strings.Split(comment, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if match := keyLine.FindStringSubmatch(line); match != nil {
			last = match[1]
			if _, twice := h[last]; twice {
				return nil, fmt.Errorf("line %d: %q stands twice in the header comment", i+1, last)
			}
			h[last] = strings.TrimSpace(match[2])
			continue
		}
		if last == "" || !strings.HasPrefix(line, "  ") {
			return nil, fmt.Errorf("line %d: want \"key: value\" or a line that is indented more deeply, not %q",
				i+1, strings.TrimSpace(line))
		}
		h[last] = strings.TrimSpace(h[last] + " " + strings.TrimSpace(line))
	}
	return h, nil
}

// splitHeader splits a C file into the text of its first comment, without the
// asterisk at the beginning of each line, and the code behind it.
func splitHeader(text string) (comment, code string, err error) {
	rest, found := strings.CutPrefix(text, "/*")
	comment, code, closed := strings.Cut(rest, "*/")
	if !found || !closed {
		return "", "", fmt.Errorf("line 1: the file does not begin with a header comment")
	}
	lines := strings.Split(comment, "\n")
	for i, line := range lines[1:] {
		lines[i+1] = strings.TrimPrefix(strings.TrimLeft(line, " "), "*")
	}
	return strings.Join(lines, "\n"), strings.TrimLeft(code, "\n"), nil
}

// check returns an error that names a key which is unknown, missing or without a
// value. Keys of optional may be absent; those of empty may have no value.
func (h header) check(required, optional, empty []string) error {
	for key, value := range h {
		if !slices.Contains(required, key) && !slices.Contains(optional, key) {
			return fmt.Errorf("unknown key %q: known are %s", key,
				strings.Join(slices.Concat(required, optional), ", "))
		}
		if value == "" && !slices.Contains(empty, key) {
			return fmt.Errorf("the key %q has no value", key)
		}
	}
	for _, key := range required {
		if _, found := h[key]; !found {
			return fmt.Errorf("the key %q is missing", key)
		}
	}
	return nil
}

var requirementID = regexp.MustCompile(`^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$`)

// ids returns the requirement IDs under a key.
func (h header) ids(key string) ([]string, error) {
	list := strings.Fields(h[key])
	for i, id := range list {
		if !requirementID.MatchString(id) {
			return nil, fmt.Errorf("%s: %q is no requirement ID: want chapter/slug", key, id)
		}
		if slices.Contains(list[:i], id) {
			return nil, fmt.Errorf("%s: %s stands twice", key, id)
		}
	}
	return list, nil
}
