package report

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	file, err := os.Open("result.v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	doc, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("result.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("result.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// document returns the result file of a result, as a tree.
func document(t *testing.T, r Result) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := WriteJSON(&b, r); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(&b)
	if err != nil {
		t.Fatal(err)
	}
	return doc.(map[string]any)
}

func TestSchemaAcceptsWhatIsWritten(t *testing.T) {
	s := schema(t)
	empty := Result{Schema: Schema, Target: Target{Command: []string{"a"}, Model: "any", Protocol: "echo"}, Environment: Environment{CPUs: 1}}
	empty.Requirements = []Requirement{{ID: "a/b", Level: Must, Verdict: Pass, Title: "t", Source: "s"}}
	empty.Summarise()
	for name, r := range map[string]Result{"fixture": fixture(), "least": empty} {
		if err := s.Validate(document(t, r)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	first := func(d map[string]any, list string) map[string]any { return d[list].([]any)[0].(map[string]any) }
	evidence := func(d map[string]any) map[string]any {
		return d["requirements"].([]any)[1].(map[string]any)["evidence"].(map[string]any)
	}
	for name, spoil := range map[string]func(map[string]any){
		"another schema":          func(d map[string]any) { d["schema"] = "forkproof/result/v2" },
		"a wrong run verdict":     func(d map[string]any) { d["verdict"] = "pass" },
		"no run verdict":          func(d map[string]any) { delete(d, "verdict") },
		"no requirements":         func(d map[string]any) { delete(d, "requirements") },
		"null requirements":       func(d map[string]any) { d["requirements"] = nil },
		"an unknown field":        func(d map[string]any) { d["extra"] = 1 },
		"a missing count":         func(d map[string]any) { delete(d["summary"].(map[string]any), "n/a") },
		"a count below zero":      func(d map[string]any) { d["summary"].(map[string]any)["fail"] = json.Number("-1") },
		"no command":              func(d map[string]any) { d["target"].(map[string]any)["command"] = []any{} },
		"a short hash":            func(d map[string]any) { d["target"].(map[string]any)["sha256"] = "e3b0" },
		"a wrong verdict":         func(d map[string]any) { first(d, "requirements")["verdict"] = "conformant" },
		"a wrong level":           func(d map[string]any) { first(d, "requirements")["level"] = "MAY" },
		"an ID without a chapter": func(d map[string]any) { first(d, "requirements")["id"] = "listens" },
		"no source":               func(d map[string]any) { delete(first(d, "requirements"), "source") },
		"an unknown detail":       func(d map[string]any) { first(d, "requirements")["note"] = "x" },
		"a descriptor as text":    func(d map[string]any) { first(first(evidence(d), "processes"), "descriptors")["fd"] = "4" },
		"a process without a pid": func(d map[string]any) { delete(first(evidence(d), "processes"), "pid") },
		"a client without an end": func(d map[string]any) { delete(first(evidence(d), "clients"), "end") },
	} {
		t.Run(name, func(t *testing.T) {
			doc := document(t, fixture())
			spoil(doc)
			if s.Validate(doc) == nil {
				t.Error("the schema accepts it")
			}
		})
	}
}
