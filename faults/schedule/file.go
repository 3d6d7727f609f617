package schedule

import (
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// A File is a sequence of rules, as YAML:
//
//	seed: 7
//	rules:
//	  - accept:error=EMFILE:times=3
//	  - freeze=500ms:at=5s:every=10s
type File struct {
	// Seed is the seed of the probabilities; 0 when the file has none.
	Seed  uint64
	Rules []Rule
}

// ReadFile reads rules; see Parse for defaults. An error names the line.
func ReadFile(r io.Reader, defaults Rule) (File, error) {
	var document struct {
		Seed  uint64      `yaml:"seed"`
		Rules []yaml.Node `yaml:"rules"`
	}
	decoder := yaml.NewDecoder(r)
	decoder.KnownFields(true)
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return File{}, errors.New("it is empty: it needs a list named rules")
		}
		return File{}, err
	}
	if len(document.Rules) == 0 {
		return File{}, errors.New("it has no rules: it needs a list named rules")
	}
	file := File{Seed: document.Seed}
	for _, node := range document.Rules {
		if node.Kind != yaml.ScalarNode {
			return File{}, fmt.Errorf("line %d: a rule is one line of text, as in fork:error=EAGAIN:times=1", node.Line)
		}
		parsed, err := Parse(node.Value, defaults)
		if err != nil {
			return File{}, fmt.Errorf("line %d: %w", node.Line, err)
		}
		file.Rules = append(file.Rules, parsed)
	}
	return file, nil
}
