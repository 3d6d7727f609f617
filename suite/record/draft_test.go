package record

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/clients/protocol/dialogue"
)

func TestKnown(t *testing.T) {
	for _, c := range []struct {
		name    string
		replies []string
		ended   bool
		want    *dialogue.Expect
		untold  bool
	}{
		{name: "the same", replies: []string{"OK\n", "OK\n"}, want: &dialogue.Expect{Exact: "OK\n", IsExact: true}},
		{name: "the same bytes", replies: []string{"\xff\x00", "\xff\x00"}, want: &dialogue.Expect{Exact: "\xff\x00", IsExact: true}},
		{name: "another word", replies: []string{"id 1 is yours\n", "id 22 is yours\n"},
			want: &dialogue.Expect{Until: "\n", Regexp: `^id[ \t]+\S+[ \t]+is yours` + "\n$"}},
		{name: "more lines", replies: []string{"a\nEND\n", "a\nb\nEND\n"}, want: &dialogue.Expect{Until: "END\n", Prefix: "a\n"}},
		{name: "a line that is other in all", replies: []string{"a\n", "b c d\n"}, want: &dialogue.Expect{Until: "\n"}},
		{name: "no common end", replies: []string{"a\nb\n", "a\nc\nd\n"}, untold: true},
		{name: "no common end, but that of the connection", replies: []string{"a\nb\n", "a\nc\nd\n"}, ended: true},
		{name: "nothing", replies: []string{"", ""}, untold: true},
		{name: "nothing but the end", replies: []string{"", ""}, ended: true},
		{name: "other bytes", replies: []string{"\xff\n", "\xfe\n"}, untold: true},
	} {
		replies := make([][]byte, len(c.replies))
		for i, reply := range c.replies {
			replies[i] = []byte(reply)
		}
		got, told := known(replies, c.ended)
		if told == c.untold {
			t.Errorf("%s: told %v", c.name, told)
		}
		if diff := cmp.Diff(c.want, got); told && diff != "" {
			t.Errorf("%s: want (-), got (+):\n%s", c.name, diff)
		}
	}
}

// TestExchanges takes the replies from where they belong when a person typed ahead, and
// leaves out what has no end.
func TestExchanges(t *testing.T) {
	again := protocol.Sample{Replies: [][]byte{[]byte("one\n"), []byte("two\n"), []byte("a\nb\n")}}
	other := protocol.Sample{Replies: [][]byte{[]byte("one\n"), []byte("two\n"), []byte("a\nc\nd\n")}}
	talk := Talk{Turns: []Turn{
		{Send: []byte("1\n"), Reply: []byte("o")}, {Send: []byte("2\n"), Reply: []byte("ne\ntwo\n")}, {Send: []byte("3\n"), Reply: []byte("a\nb\n")},
	}}
	list, left := exchanges(talk, []protocol.Sample{again, other})
	want := []dialogue.Exchange{
		{Send: "1\n", Expect: &dialogue.Expect{Exact: "one\n", IsExact: true}},
		{Send: "2\n", Expect: &dialogue.Expect{Exact: "two\n", IsExact: true}},
	}
	if diff := cmp.Diff(want, list); diff != "" || !strings.Contains(left, `"3\n"`) {
		t.Errorf("left %s; want (-), got (+):\n%s", left, diff)
	}
}
