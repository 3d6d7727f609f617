package diagnose

import (
	"slices"
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
)

// run returns a result in which some requirements failed, with the evidence of each, and
// some passed.
func run(command []string, passed []string, failed ...report.Requirement) report.Result {
	r := report.Result{Target: report.Target{Command: command}}
	for _, id := range passed {
		r.Requirements = append(r.Requirements, report.Requirement{ID: id, Verdict: report.Pass})
	}
	for _, q := range failed {
		q.Verdict = report.Fail
		r.Requirements = append(r.Requirements, q)
	}
	return r
}

func failure(id string, e *report.Evidence) report.Requirement {
	return report.Requirement{ID: id, Title: "does " + id, Found: "it does not", Hint: "do it", Evidence: e}
}

func causes(t *testing.T, r report.Result, buildsOn map[string][]string) []report.Cause {
	t.Helper()
	if err := Diagnose(&r, buildsOn); err != nil {
		t.Fatal(err)
	}
	return r.Causes
}

func ids(list []report.Cause) []string {
	var all []string
	for _, c := range list {
		all = append(all, c.ID)
	}
	return all
}

// TestSigns holds that every sign that a faulty server's header names is known.
func TestSigns(t *testing.T) {
	if _, err := dictionary(); err != nil {
		t.Error(err)
	}
	for _, e := range named() {
		if err := e.check(); err != nil {
			t.Errorf("%s: %v", e.id, err)
		}
		if e.title == "" && e.tells == nil || e.hints[C] == "" {
			t.Errorf("%s has no sentence, or no hint", e.id)
		}
	}
}

// TestThreeMistakes: the classic first try closes nothing in the parent, waits for no
// child, and keeps the listening socket.
func TestThreeMistakes(t *testing.T) {
	parent := report.Process{PID: 1, Role: "listens", State: "sleeping", SIGCHLD: "default"}
	e := &report.Evidence{Processes: []report.Process{parent}}
	var failed []report.Requirement
	for _, id := range []string{
		"echo/half-close", "descriptors/parent-closes-connection", "descriptors/child-closes-listener", "descriptors/no-siblings",
		"descriptors/no-growth", "descriptors/no-close-wait", "reaping/one", "reaping/five-at-once", "reaping/many-at-once",
		"termination/client-sees-eof", "termination/killed-child-frees-client",
	} {
		failed = append(failed, failure(id, e))
	}
	list := causes(t, run([]string{"./server", "{port}"}, []string{"launch/listens", "echo/exact"}, failed...), nil)
	want := []string{"parent-keeps-connection", "never-waits", "child-keeps-listener"}
	if got := ids(list); !slices.Equal(got, want) {
		t.Fatalf("causes %v, want %v", got, want)
	}
	if first := list[0]; first.Explains != 7 || first.Requirements[0] != "descriptors/parent-closes-connection" {
		t.Errorf("the first explains %d: %v", first.Explains, first.Requirements)
	}
}

// TestLanguage holds that a hint speaks the language of the server.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		command []string
		want    string
	}{
		{[]string{"./server", "{port}"}, "close(listenfd)"},
		{[]string{"python3", "server.py", "{port}"}, "sock.close()"},
		{[]string{"/usr/bin/python3.11", "-m", "server"}, "sock.close()"},
		{[]string{"./server.py"}, "sock.close()"},
	} {
		list := causes(t, run(c.command, nil, failure("descriptors/child-closes-listener", nil)), nil)
		if len(list) != 1 || !strings.Contains(list[0].Hint, c.want) {
			t.Errorf("%v: %+v, want a hint with %q", c.command, list, c.want)
		}
	}
}

// TestWhoWaitsForNone: with a handler or without, a server that waits for no child is told
// so, and which of the two it is.
func TestWhoWaitsForNone(t *testing.T) {
	for disposition, want := range map[string]string{"default": "never-waits", "caught": "handler-reaps-none"} {
		e := &report.Evidence{Processes: []report.Process{{PID: 1, Role: "listens", State: "sleeping", SIGCHLD: disposition}}}
		var failed []report.Requirement
		for _, id := range []string{"reaping/one", "reaping/sequential", "reaping/five-at-once", "reaping/many-at-once", "reaping/killed-child"} {
			failed = append(failed, failure(id, e))
		}
		if list := causes(t, run(nil, nil, failed...), nil); len(list) != 1 || list[0].ID != want {
			t.Errorf("%s: %v, want %s", disposition, ids(list), want)
		}
	}
}

// TestNothingNear: a failure that no cause explains stands for itself, with its own hint.
func TestNothingNear(t *testing.T) {
	list := causes(t, run(nil, nil, failure("chaos/random", nil)), nil)
	if len(list) != 1 || list[0].ID != "chaos/random" || list[0].Hint != "do it" {
		t.Errorf("%+v", list)
	}
}

// TestNotToldApart: of two defects that fail the same and show the same, neither is
// claimed.
func TestNotToldApart(t *testing.T) {
	a, b := entry{id: "a", breaks: []string{"x/one", "x/two"}}, entry{id: "b", breaks: []string{"x/two", "x/one"}}
	f := newFacts(run(nil, nil, failure("x/one", nil), failure("x/two", nil)), nil)
	if chosen := f.cover([]entry{a, b}); len(chosen) != 0 {
		t.Errorf("chosen %v", chosen)
	}
	common := entry{id: "c", breaks: []string{"x/one", "x/two"}, common: true}
	f = newFacts(run(nil, nil, failure("x/one", nil), failure("x/two", nil)), nil)
	if chosen := f.cover([]entry{a, b, common}); len(chosen) != 1 || chosen[0].entry.id != "c" {
		t.Errorf("chosen %v, want what they have in common", chosen)
	}
}

// TestFollows: what builds on a failure that a cause explains follows from that cause.
func TestFollows(t *testing.T) {
	on := map[string][]string{"x/late": {"descriptors/child-closes-listener"}}
	list := causes(t, run(nil, nil, failure("descriptors/child-closes-listener", nil), failure("x/late", nil)), on)
	if len(list) != 1 || list[0].Explains != 2 {
		t.Errorf("%+v, want one cause of both", list)
	}
}

// TestFoundationFirst: what others build on is mended first, however little it explains.
func TestFoundationFirst(t *testing.T) {
	a := entry{id: "many", breaks: []string{"x/one", "x/two", "x/three"}}
	b := entry{id: "root", breaks: []string{"x/root"}}
	f := newFacts(run(nil, nil, failure("x/one", nil), failure("x/two", nil), failure("x/three", nil), failure("x/root", nil)),
		map[string][]string{"x/one": {"x/root"}})
	var list []report.Cause
	for _, m := range f.cover([]entry{a, b}) {
		list = append(list, f.cause(m))
	}
	slices.SortStableFunc(list, f.before)
	if got := ids(list); !slices.Equal(got, []string{"root", "many"}) {
		t.Errorf("%v", got)
	}
}

func wrong(offset int64, want, got string, surplus bool) *report.Evidence {
	quote := func(s string) string { return `"` + s + `"` }
	w := &report.Wrong{Offset: offset, Got: quote(got), Surplus: surplus}
	if want != "" {
		w.Want = quote(want)
	}
	return &report.Evidence{Clients: []report.Client{{Name: "client 1", Sent: 100, Received: 100, End: "open", Wrong: w}}}
}

// TestReplies holds which cause is named for which wrong reply.
func TestReplies(t *testing.T) {
	silent := &report.Evidence{
		Processes: []report.Process{{PID: 2, State: "sleeping", Call: &report.Call{Name: "read", FD: new(4)},
			Descriptors: []report.Descriptor{{FD: 4, Kind: "connected socket", Client: "client 1"}}}},
		Clients: []report.Client{{Name: "client 1", Sent: 6, End: "open"}},
	}
	for name, c := range map[string]struct {
		failed []report.Requirement
		title  string
	}{
		"greets": {[]report.Requirement{
			failure("echo/exact", wrong(0, `hello\n`, `Welcome\nhello\n`, false)),
			failure("echo/dribble", wrong(0, `one by one\n`, `Welcome\none by one\n`, false)),
		}, `greets its clients: it sends "Welcome\n"`},
		"adds": {[]report.Requirement{
			failure("echo/exact", wrong(0, `hello\n`, `Echo: hello\n`, false)),
			failure("echo/dribble", wrong(0, `one by one\n`, `Echo: oEcho: n`, false)),
		}, `sends "Echo: " before each answer`},
		"shouts":  {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `HELLO\n`, false))}, "changes the case"},
		"HTTP":    {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `HTTP/1.1 400 Bad Request\r\n`, false))}, "speaks HTTP"},
		"TLS":     {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `\x15\x03\x01`, false))}, "speaks TLS"},
		"another": {[]report.Requirement{failure("echo/exact", wrong(0, `hello\n`, `ERR unknown command\n`, false))}, `it answers "ERR unknown command\n"`},
		"surplus": {[]report.Requirement{
			failure("echo/exact", wrong(6, "", `\x00\x00\x00`, true)), failure("echo/dribble", wrong(1, "", `\x00`, true)),
			failure("echo/coalesced", wrong(9, "", `\x00`, true)),
		}, "sends more bytes than it read"},
		"silent": {[]report.Requirement{failure("echo/exact", silent)}, "Not one byte comes back"},
		"text": {[]report.Requirement{failure("echo/binary", &report.Evidence{
			Output:  "Traceback (most recent call last):\nUnicodeDecodeError: 'utf-8' codec",
			Clients: []report.Client{{Sent: 257, End: "end of file"}},
		})}, "turns bytes into text"},
		"memory": {[]report.Requirement{failure("concurrency/hundred",
			&report.Evidence{Ended: "killed by SIGKILL, as it had used up its memory: see --memory"})}, "use more memory than they may"},
		"crash": {[]report.Requirement{failure("launch/serves-again",
			&report.Evidence{Ended: "killed by SIGSEGV", Clients: []report.Client{{Name: "client 2"}}})}, "killed by SIGSEGV when client 2 is there"},
	} {
		t.Run(name, func(t *testing.T) {
			list := causes(t, run(nil, nil, c.failed...), nil)
			if len(list) == 0 || !strings.Contains(list[0].Title, c.title) {
				t.Errorf("%+v, want %q", list, c.title)
			}
		})
	}
}

// TestPorts holds what is said of a server that listens elsewhere.
func TestPorts(t *testing.T) {
	listening := func(port string) *report.Evidence {
		return &report.Evidence{Port: 20001, Processes: []report.Process{{PID: 1, Role: "listens",
			Descriptors: []report.Descriptor{{FD: 3, Kind: "listening socket", What: "listening socket 0.0.0.0:" + port}}}}}
	}
	for port, want := range map[string]string{
		"8526": "which is 20001 with its two bytes swapped",
		"8080": "listens on port 8080, not on 20001",
	} {
		list := causes(t, run([]string{"./s", "{port}"}, nil, failure("launch/listens", listening(port))), nil)
		if len(list) != 1 || !strings.Contains(list[0].Title, want) {
			t.Errorf("%s: %+v, want %q", port, list, want)
		}
	}
}

// TestWhere holds that a cause has the place of the process that shows it, and none
// when it is something that the server does not do.
func TestWhere(t *testing.T) {
	listens := []report.Descriptor{{FD: 3, Kind: "listening socket"}}
	parent := report.Process{PID: 10, Parent: 1, State: "sleeping", Descriptors: listens, SIGCHLD: "default",
		Call: &report.Call{Name: "wait4"}, Frames: []report.Place{{Function: "reap", File: "a.c", Line: 7}, {Function: "main", File: "a.c", Line: 30}}}
	child := report.Process{PID: 11, Parent: 10, State: "sleeping",
		Call: &report.Call{Name: "read"}, Frames: []report.Place{{Function: "serve", File: "a.c", Line: 12}}}
	for id, want := range map[string]string{"waits-for-child": "reap (a.c:7)", "parent-keeps-connection": "reap (a.c:7)",
		"child-keeps-listener": "serve (a.c:12)", "never-waits": ""} {
		list, err := dictionary()
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(list, func(e entry) bool { return e.id == id })
		if i < 0 {
			t.Fatalf("the dictionary has no %s", id)
		}
		q := failure("x/y", &report.Evidence{Processes: []report.Process{parent, child}})
		got := ""
		if place := (match{entry: list[i], seen: q}).where(q); place != nil {
			got = place.String()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	unknown := match{entry: entry{id: "parent-x"}}
	if place := unknown.where(failure("x/y", &report.Evidence{Processes: []report.Process{{PID: 10, Descriptors: listens}}})); place != nil {
		t.Errorf("got %v of a process without frames", place)
	}
	if place := unknown.where(failure("x/y", nil)); place != nil {
		t.Errorf("got %v without evidence", place)
	}
}
