package catalog

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	refReap = "/* Collects the dead. */\n#include \"server.h\"\nvoid reap(void) { loop(); }\n"
	badReap = "/* defect: reap-once\n * breaks: reaping/five-at-once\n *         reaping/many-at-once\n" +
		" * why:    Signals do not queue.\n * source: signal(7)\n * cause:  It waits once.\n" +
		" * fix:    loop\n * seen:   spins, lives\n */\nvoid reap(void) { once(); }\n"
	goodReap = "/* variant: loops\n * model:  forking\n * advice: reaping/promptly\n * args:\n" +
		" * why:    Another loop.\n * source: wait(2)\n */\nvoid reap(void) { other(); }\n"
)

// tree is a small and complete tree of sources, with some files changed. An
// empty text removes a file.
func tree(changes map[string]string) fstest.MapFS {
	files := map[string]string{
		"server.h":             "void reap(void);\n",
		"main.c":               "/* The loop. */\nint main(void) { return 0; }\n",
		"ref/reap.c":           refReap,
		"bad/reap-once/reap.c": badReap,
		"good/loops/reap.c":    goodReap,
	}
	maps.Copy(files, changes)
	sources := fstest.MapFS{}
	for name, text := range files {
		if text != "" {
			sources[name] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return sources
}

func TestLoad(t *testing.T) {
	servers, err := load(tree(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(servers) != 3 {
		t.Fatalf("got %d servers, want 3: %v", len(servers), servers)
	}
	if reference := servers[0]; reference.Name != ReferenceName || reference.Kind != Reference {
		t.Errorf("the first server is %s, %s", reference.Name, reference.Kind)
	}
	type description struct {
		Name, Kind, Model, Why, Source, Step, Cause, Fix string
		Breaks, Advice, Args, Units, Seen                []string
	}
	describe := func(s Server) description {
		return description{s.Name, string(s.Kind), s.Model, s.Why, s.Source, s.Step, s.Cause, s.Fix, s.Breaks, s.Advice, s.Args, s.units, s.Seen}
	}
	want := description{
		Name: "reap-once", Kind: "bad", Model: "forking", Why: "Signals do not queue.", Source: "signal(7)",
		Cause: "It waits once.", Fix: "loop", Seen: []string{"spins", "lives"},
		Step: "reap", Breaks: []string{"reaping/five-at-once", "reaping/many-at-once"},
		Args: []string{"{port}"}, Units: []string{"main.c", "bad/reap-once/reap.c"},
	}
	if diff := cmp.Diff(want, describe(servers[1])); diff != "" {
		t.Errorf("the bad server differs (-want +got):\n%s", diff)
	}
	want = description{
		Name: "loops", Kind: "good", Model: "forking", Why: "Another loop.", Source: "wait(2)",
		Advice: []string{"reaping/promptly"}, Args: []string{}, Units: []string{"main.c", "good/loops/reap.c"},
	}
	if diff := cmp.Diff(want, describe(servers[2])); diff != "" {
		t.Errorf("the good server differs (-want +got):\n%s", diff)
	}
}

// TestLoadOwnMain loads a variant with a main.c of its own, a further file, and a
// shared folder.
func TestLoadOwnMain(t *testing.T) {
	main := strings.Replace(goodReap, "variant: loops\n", "variant: threads\n * uses: queue\n", 1)
	servers, err := load(tree(map[string]string{
		"good/threads/main.c": main, "good/threads/pool.c": "/* Pool. */\n", "good/threads/pool.h": "/* Pool. */\n",
		"queue/put.c": "/* Put. */\n", "queue/put.h": "/* Put. */\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	got := servers[len(servers)-1]
	if want := []string{"good/threads/main.c", "ref/reap.c", "good/threads/pool.c", "queue/put.c"}; !slices.Equal(got.units, want) {
		t.Errorf("it is compiled from %v, want %v", got.units, want)
	}
	if want := []string{"server.h", "good/threads/pool.h", "queue/put.h"}; !slices.Equal(got.included, want) {
		t.Errorf("it includes %v, want %v", got.included, want)
	}
}

func TestLoadRefuses(t *testing.T) {
	bad := func(old, replacement string) string { return strings.Replace(badReap, old, replacement, 1) }
	good := func(old, replacement string) string { return strings.Replace(goodReap, old, replacement, 1) }
	const badFile, goodFile = "bad/reap-once/reap.c", "good/loops/reap.c"
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string // what the error says, the file first
	}{
		"no server.h":       {map[string]string{"server.h": ""}, []string{"server.h"}},
		"no main.c":         {map[string]string{"main.c": ""}, []string{"main.c"}},
		"no ref":            {map[string]string{"ref/reap.c": ""}, []string{"ref"}},
		"stray in ref":      {map[string]string{"ref/notes.txt": "x"}, []string{"ref/notes.txt", "nothing but .c"}},
		"stray in bad":      {map[string]string{"bad/notes.txt": "x"}, []string{"bad/notes.txt", "folder"}},
		"bad name":          {map[string]string{"bad/Reap_Once/reap.c": badReap}, []string{"bad/Reap_Once", "folder"}},
		"no counterpart":    {map[string]string{"bad/x/wait.c": badReap}, []string{"bad/x/wait.c", "there is no ref/wait.c"}},
		"two files":         {map[string]string{"bad/reap-once/more.c": badReap}, []string{"bad/reap-once", "exactly one file"}},
		"same code":         {map[string]string{badFile: bad("void reap(void) { once(); }\n", strings.SplitAfterN(refReap, "*/\n", 2)[1])}, []string{badFile, "same code"}},
		"no comment":        {map[string]string{badFile: "void reap(void) {}\n"}, []string{badFile, "header comment"}},
		"open comment":      {map[string]string{badFile: "/* defect: reap-once\n"}, []string{badFile, "header comment"}},
		"other name":        {map[string]string{badFile: bad("reap-once", "reap-twice")}, []string{badFile, "reap-twice"}},
		"unknown key":       {map[string]string{badFile: bad("why:", "because:")}, []string{badFile, `unknown key "because"`}},
		"missing key":       {map[string]string{badFile: bad(" * source: signal(7)\n", "")}, []string{badFile, `"source" is missing`}},
		"key twice":         {map[string]string{badFile: bad(" */", " * why: x\n */")}, []string{badFile, `"why" stands twice`}},
		"no value":          {map[string]string{badFile: bad("signal(7)", "")}, []string{badFile, `"source" has no value`}},
		"prose":             {map[string]string{badFile: bad(" */", " * and so on\n */")}, []string{badFile, "and so on"}},
		"no ID":             {map[string]string{badFile: bad("reaping/five-at-once", "five")}, []string{badFile, `"five"`}},
		"ID twice":          {map[string]string{badFile: bad("many-at-once", "five-at-once")}, []string{badFile, "twice"}},
		"good key in bad":   {map[string]string{badFile: bad(" */", " * model: any\n */")}, []string{badFile, `model "any"`, "names, with of,"}},
		"model not known":   {map[string]string{badFile: bad(" */", " * model: spooning\n */")}, []string{badFile, `unknown model "spooning"`}},
		"of nothing":        {map[string]string{badFile: bad(" */", " * model: threads\n * of: knots\n */")}, []string{badFile, "good/knots"}},
		"of another model":  {map[string]string{badFile: bad(" */", " * model: threads\n * of: loops\n */")}, []string{badFile, `the model is "threads", that of loops "forking"`}},
		"no variant":        {map[string]string{goodFile: "/* Reaps. */\n"}, []string{"good/loops", "variant:"}},
		"variant twice":     {map[string]string{"good/loops/main.c": goodReap}, []string{"good/loops/reap.c", "good/loops/main.c"}},
		"unknown model":     {map[string]string{goodFile: good("forking", "spooning")}, []string{goodFile, "spooning"}},
		"no shared folder":  {map[string]string{goodFile: good(" * source", " * uses: queue\n * source")}, []string{goodFile, "uses", "queue"}},
		"good other name":   {map[string]string{goodFile: good("loops", "spins")}, []string{goodFile, "spins"}},
		"good replaces not": {map[string]string{"good/loops/wait.c": "/* x */\n"}, []string{"good/loops/wait.c", "there is no ref/wait.c"}},
		"name twice":        {map[string]string{"good/reap-once/reap.c": good("loops", "reap-once")}, []string{"good/reap-once", "already is a bad server"}},
		"reference twice":   {map[string]string{"good/reference/reap.c": good("loops", "reference")}, []string{"good/reference", "already is a reference server"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(tree(c.changes))
			if err == nil {
				t.Fatal("it loads")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
		})
	}
}

func TestFind(t *testing.T) {
	if s, err := Find(ReferenceName); err != nil || s.Kind != Reference {
		t.Errorf("the reference: %v, %v", s.Kind, err)
	}
	if _, err := Find("no-such-server"); err == nil || !strings.Contains(err.Error(), "no-such-server") {
		t.Errorf("a name that does not exist: %v", err)
	}
}

// TestLoadLike loads a server that has the defects of others, which need not be told again.
func TestLoadLike(t *testing.T) {
	const like = "/* defect: again\n * of:     loops\n * like:   reap-once\n * breaks: reaping/one\n * why:    The same.\n" +
		" * source: wait(2)\n */\nvoid reap(void) { again(); }\n"
	servers, err := load(tree(map[string]string{"bad/again/reap.c": like}))
	if err != nil {
		t.Fatal(err)
	}
	if s := servers[1]; s.Name != "again" || s.Cause != "" || !slices.Equal(s.Like, []string{"reap-once"}) {
		t.Errorf("%+v", s)
	}
	unknown := strings.Replace(like, "reap-once", "loops", 1)
	if _, err := load(tree(map[string]string{"bad/again/reap.c": unknown})); err == nil || !strings.Contains(err.Error(), `no faulty server "loops"`) {
		t.Errorf("a server like none: %v", err)
	}
}
