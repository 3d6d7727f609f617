package life_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/life"
)

func fd(n int) *int { return &n }

// lecture is what every lecture on forking servers steps through.
func lecture() life.Life {
	zero := int64(0)
	listening := life.Change{PID: 7, FD: 3, What: "listening socket 0.0.0.0:7007", Kind: "listening socket", Object: 1}
	connection := life.Change{PID: 7, FD: 4, What: "connection from 127.0.0.1:5000", Kind: "connected socket", Object: 2, Peer: "127.0.0.1:5000"}
	of := func(c life.Change, pid int, closed bool) life.Change { c.PID, c.Closed = pid, closed; return c }
	l := life.Life{
		Command: []string{"/bin/server", "{port}"}, Scenario: "1 client comes", Address: "0.0.0.0:7007",
		Clients:   []life.Client{{Name: "client 1", Address: "127.0.0.1:5000"}},
		Processes: []life.Process{{PID: 7, Parent: 1}, {PID: 8, Parent: 7}},
		Steps: []life.Step{
			{AtUS: 0, Kind: life.Call, PID: 7, Call: "listen", FD: fd(3), Text: "listen(3, 5) = 0", Changes: []life.Change{{PID: 7, State: life.Running}, listening}},
			{AtUS: 9, BeganUS: 1, Kind: life.Call, PID: 7, Call: "accept", FD: fd(3), Text: "accept(3) = 4", Changes: []life.Change{connection}},
			{AtUS: 10, Kind: life.Fork, PID: 7, Child: 8, Text: "fork() = 8", Changes: []life.Change{{PID: 8, State: life.Running}, of(listening, 8, false), of(connection, 8, false)}},
			{AtUS: 12, BeganUS: 11, Kind: life.Call, PID: 7, Call: "close", FD: fd(4), Text: "close(4) = 0", Result: &zero, Changes: []life.Change{of(connection, 7, true)}},
			{AtUS: 14, BeganUS: 13, Kind: life.Call, PID: 8, Call: "close", FD: fd(3), Text: "close(3) = 0", Changes: []life.Change{of(listening, 8, true)}},
			{AtUS: 20, BeganUS: 14, Kind: life.Call, PID: 8, Call: "read", FD: fd(4), Text: "read(4) = 0: end of file\x1b[31m<script>"},
			{AtUS: 30, Kind: life.End, PID: 8, Text: "has ended", Changes: []life.Change{{PID: 8, State: life.Zombie}}},
		},
		Left: "At the end 1 zombie is left.",
	}
	l.Complete()
	return l
}

// TestReplay: the tables of the textbook.
func TestReplay(t *testing.T) {
	l := lecture()
	r := life.NewReplay(&l)
	want := []string{"7: 3", "7: 3 4", "7: 3 4, 8: 3 4", "7: 3, 8: 3 4", "7: 3, 8: 4", "7: 3, 8: 4", "7: 3"}
	for i := range want {
		r.Next()
		var tables []string
		for _, pid := range []int{7, 8} {
			var fds []string
			for _, c := range r.Table(pid) {
				fds = append(fds, string(rune('0'+c.FD)))
			}
			if len(fds) > 0 {
				tables = append(tables, string(rune('0'+pid))+": "+strings.Join(fds, " "))
			}
		}
		if got := strings.Join(tables, ", "); got != want[i] {
			t.Errorf("after step %d the tables are %s, want %s", i+1, got, want[i])
		}
	}
	if r.State(8) != life.Zombie || r.State(9) != life.Gone {
		t.Errorf("8 is %s, 9 is %s", r.State(8), r.State(9))
	}
}

// TestBlocked: a process is in a call from when it is made until it returns.
func TestBlocked(t *testing.T) {
	l := lecture()
	r := life.NewReplay(&l)
	for range 5 {
		r.Next()
	}
	if got := r.Blocked(8); got != "read(4)" {
		t.Errorf("8 is in %q, want read(4)", got)
	}
	if got := r.Blocked(7); got != "" {
		t.Errorf("7 is in %q", got)
	}
}

// TestComplete: clients and roles are told by what came later.
func TestComplete(t *testing.T) {
	l := lecture()
	if l.Name(7) != "parent 7" || l.Name(8) != "child 8" {
		t.Errorf("the processes are %q and %q", l.Name(7), l.Name(8))
	}
	for _, i := range []int{1, 3, 5} {
		if l.Steps[i].Client != "client 1" {
			t.Errorf("step %d, %s, is about %q", i+1, l.Steps[i].Text, l.Steps[i].Client)
		}
	}
}

func TestText(t *testing.T) {
	l := lecture()
	var b bytes.Buffer
	if err := life.WriteText(&b, &l, report.Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	order := []string{
		"parent 7       accept(3) = 4", "7  3 listening :7007  +4 client 1",
		"parent 7       fork() = 8", "8  3 listening :7007  4 client 1",
		"parent 7       close(4) = 0", "7  3 listening :7007  −4 client 1",
		"child 8        close(3) = 0", "8  −3 listening :7007  4 client 1",
		"✝ zombie", "At the end 1 zombie is left.",
	}
	rest := b.String()
	for _, piece := range order {
		_, after, found := strings.Cut(rest, piece)
		if !found {
			t.Fatalf("%q is missing, or out of order, in\n%s", piece, b.String())
		}
		rest = after
	}
	if strings.ContainsRune(b.String(), '\x1b') {
		t.Error("a control character came through")
	}
}

// TestSchema holds the JSON to the schema of the repository.
func TestSchema(t *testing.T) {
	l := lecture()
	var b bytes.Buffer
	if err := life.WriteJSON(&b, &l); err != nil {
		t.Fatal(err)
	}
	Validate(t, b.Bytes())
	var back life.Life
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Steps) != len(l.Steps) {
		t.Errorf("%d steps come back, %v", len(back.Steps), err)
	}
}

// Validate holds JSON to the schema.
func Validate(t *testing.T, text []byte) {
	t.Helper()
	parse := func(data []byte) any {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", parse(life.SchemaText)); err != nil {
		t.Fatal(err)
	}
	if err := c.MustCompile("schema.json").Validate(parse(text)); err != nil {
		t.Error(err)
	}
}
