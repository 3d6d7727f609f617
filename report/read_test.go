package report

import (
	"bytes"
	"strings"
	"testing"
)

func TestReadJSON(t *testing.T) {
	want := fixture()
	want.Target.Command, want.Requirements[1] = []string{"./server"}, zombies()
	var first, second bytes.Buffer
	if err := WriteJSON(&first, want); err != nil {
		t.Fatal(err)
	}
	text := first.String()
	r, err := ReadJSON(strings.NewReader(strings.Replace(text, `"schema"`, `"new_field": [1], "schema"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&second, r); err != nil {
		t.Fatal(err)
	}
	if second.String() != text {
		t.Error("what is read and written again differs")
	}
}

func TestReadJSONRefuses(t *testing.T) {
	const good = `{"id": "a/b", "verdict": "pass"}`
	for text, want := range map[string]string{
		"":              "not a result file",
		"conformant":    "not a result file",
		"[]":            "not a result file",
		"{}":            `its schema is not "forkproof/result/v1"`,
		`{"schema": 5}`: "not a result file",
		`{"schema": "forkproof/result/v2", "verdict": {}}`:                                                                    `its schema is "forkproof/result/v2"`,
		`{"schema": "forkproof/result/v1"}`:                                                                                   `unknown verdict ""`,
		`{"schema": "forkproof/result/v1", "verdict": "conformant", "requirements": []}`:                                      "no requirements",
		`{"schema": "forkproof/result/v1", "verdict": "conformant", "requirements": 5}`:                                       "not a result file",
		`{"schema": "forkproof/result/v1", "verdict": "conformant", "requirements": [{"id": "a/b"}]}`:                         `unknown verdict "" of requirement "a/b"`,
		`{"schema": "forkproof/result/v1", "verdict": "conformant", "requirements": [` + good + `], "causes": [{"id": "c"}]}`: `the cause "c" explains no`,
		`{"schema": "forkproof/result/v1", "verdict": "conformant", "requirements": [` + good + `]} more`:                     "not a result file",
	} {
		if _, err := ReadJSON(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", text, err, want)
		}
	}
}
