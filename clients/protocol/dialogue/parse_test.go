package dialogue

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the golden files")

// TestMistakesGolden compares what is said of each file in testdata/mistakes.
func TestMistakesGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/mistakes/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse(filepath.Base(file), data)
			var wrong *Mistake
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, want a mistake", err)
			}
			got := wrong.Error() + "\n" + wrong.Excerpt() + "\n"
			golden := strings.TrimSuffix(file, ".yaml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("want (-), got (+):\n%s", diff)
			}
		})
	}
}

const schedule = `dialogue: v1
name: schedule server
greeting: "Welcome\n"
clients:
  - name: alice
    talk:
      - send: "LOGIN alice\n"
        expect: "OK alice\n"
      - send: "SHOW\n"
        expect: {until: "END\n", contains: ["Networks", "{client}"], never: "bob"}
      - send: "QUIT\n"
        expect: {prefix: "bye"}
        ends: server
  - name: alice again
    after: alice
    talk:
      - send: {bytes: "4c4f 00ff"}
        expect: {json: {a.0: 1, b: null, c: "x", d: true}, regexp: "(?P<token>[a-z]+){2}"}
      - send: "AUTH {token}\n"
        expect: {size: 12}
      - send: "LOG"
hold: "LO"
`

// TestParse reads a file, and reads the same from the file that is written of it.
func TestParse(t *testing.T) {
	d, err := Parse("schedule.yaml", []byte(strings.Replace(schedule, `"4c4f 00ff"`, `"4c4f2000ff"`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("schedule.yaml", d.YAML())
	if err != nil {
		t.Fatalf("%v\n%s", err, d.YAML())
	}
	if diff := cmp.Diff(d, again, cmpopts.IgnoreFields(Exchange{}, "Line"), cmpopts.IgnoreFields(Expect{}, "Line")); diff != "" {
		t.Errorf("read (-), written and read again (+):\n%s\n%s", diff, d.YAML())
	}
	x := d.Kinds[0].Talk[1]
	if x.Line != 9 || x.Expect.Line != 10 || len(x.Expect.Contains) != 2 || x.Expect.Never[0] != "bob" {
		t.Errorf("got %+v, %+v", x, x.Expect)
	}
	if before := d.Before(d.Kinds[1]); len(before) != 1 || before[0].Name != "alice" {
		t.Errorf("before alice again: %v", before)
	}
}

// FuzzParse holds that no file makes the parser panic, and that each mistake has a place.
func FuzzParse(f *testing.F) {
	f.Add([]byte(schedule))
	files, _ := filepath.Glob("testdata/mistakes/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Parse("f", data)
		var wrong *Mistake
		switch {
		case errors.As(err, &wrong):
			if wrong.Line < 1 || wrong.Column < 1 || wrong.What == "" {
				t.Errorf("%+v", wrong)
			}
			_ = wrong.Excerpt()
		case err != nil:
			t.Error(err)
		default:
			for i := range d.Kinds {
				d.begin(&d.Kinds[i], 1)
			}
			if _, err := Parse("f", d.YAML()); err != nil {
				t.Errorf("%v\n%s", err, d.YAML())
			}
		}
	})
}

// TestCompile holds that an expression is refused which a captured value can break: the
// server decides what is captured.
func TestCompile(t *testing.T) {
	for expression, right := range map[Text]bool{
		"^{name}( [0-9]+)?$": true, "({name}|none)": true,
		"[{name}]": false, "a{1,{name}}": false, `\{name}`: false,
	} {
		if _, err := expression.compile([]string{"name"}); (err == nil) != right {
			t.Errorf("%q: %v", expression, err)
		}
	}
}
