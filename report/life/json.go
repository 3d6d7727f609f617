package life

import (
	"bytes"
	_ "embed" // the schema
	"encoding/json"
	"fmt"
	"io"
)

// SchemaText is the JSON Schema of a Life.
//
//go:embed schema.json
var SchemaText []byte

// WriteJSON writes a life as JSON, one step a line.
func WriteJSON(w io.Writer, l *Life) error {
	steps := l.Steps
	head := *l
	head.Steps = []Step{}
	text, err := json.MarshalIndent(head, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the trace as JSON: %w", err)
	}
	before, after, found := cutAround(text, []byte(`"steps": []`))
	if !found {
		return fmt.Errorf("encode the trace as JSON: no steps in %s", text)
	}
	if _, err := fmt.Fprintf(w, "%s\"steps\": [", before); err != nil {
		return err
	}
	for i, s := range steps {
		line, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode a step as JSON: %w", err)
		}
		separator := ","
		if i == 0 {
			separator = ""
		}
		if _, err := fmt.Fprintf(w, "%s\n    %s", separator, line); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(w, "\n  ]%s\n", after)
	return err
}

// cutAround returns what is before and after the last place of a piece of text: in a
// string of the server a quotation mark is escaped.
func cutAround(text, piece []byte) (before, after []byte, found bool) {
	i := bytes.LastIndex(text, piece)
	if i < 0 {
		return text, nil, false
	}
	return text[:i], text[i+len(piece):], true
}
