package diagnose

import (
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// reply returns what the first client with a wrong reply should have received, and what
// it did receive, as far as both are kept.
func reply(q report.Requirement) (wrong *report.Wrong, want, got string) {
	if q.Evidence == nil {
		return nil, "", ""
	}
	for _, c := range q.Evidence.Clients {
		if c.Wrong != nil {
			want, _ = strconv.Unquote(c.Wrong.Want)
			got, _ = strconv.Unquote(c.Wrong.Got)
			return c.Wrong, want, got
		}
	}
	return nil, "", ""
}

// enough is how many bytes of an answer are not found in something else by chance.
const enough = 4

// prefix returns what comes before the right answer; "" when the answer does not follow,
// or more follows than the answer.
func prefix(q report.Requirement) string {
	wrong, want, got := reply(q)
	if wrong == nil || wrong.Offset > 0 || len(want) < enough {
		return ""
	}
	i := strings.Index(got, want[:enough])
	if i <= 0 || !strings.HasPrefix(want, got[i:]) {
		return ""
	}
	return got[:i]
}

// prefixRepeats: what was sent in several pieces comes back with the same text before
// each of them.
func prefixRepeats(f *facts, q report.Requirement) bool {
	before := prefix(q)
	return before != "" && f.repeats(before)
}

// greets: something came before anything was owed; or the same text before the first
// answer of every client, and before no other.
func greets(f *facts, q report.Requirement) bool {
	wrong, _, _ := reply(q)
	if wrong == nil || wrong.Offset > 0 {
		return false
	}
	text := f.sameBeginning()
	return wrong.Surplus || text != "" && !f.repeats(text)
}

// sameBeginning returns the text that every wrong reply begins with, when the right
// answer follows it as far as that had come; "" when there is none.
func (f *facts) sameBeginning() string {
	text, replies := "", 0
	for _, q := range f.all {
		wrong, want, got := reply(q)
		if wrong == nil || wrong.Offset > 0 || wrong.Surplus {
			continue
		}
		replies++
		switch before := prefix(q); {
		case before != "" && (text == "" || text == before):
			text = before
		case text == "":
			text = got
		case !strings.HasPrefix(got, text) || !strings.HasPrefix(want, got[len(text):]):
			return ""
		}
	}
	if replies < 2 {
		return ""
	}
	return text
}

// repeats reports whether a text occurs in a reply more than once.
func (f *facts) repeats(text string) bool {
	return slices.ContainsFunc(f.all, func(q report.Requirement) bool {
		_, _, got := reply(q)
		return strings.Count(got, text) > 1
	})
}

// greeting returns what is sent before the first answer, as far as it is known.
func greeting(q report.Requirement) string {
	if text := prefix(q); text != "" {
		return text
	}
	_, _, got := reply(q)
	return got
}

// newlineLost: of an answer, all but the newline at its end has come.
func newlineLost(_ *facts, q report.Requirement) bool {
	if wrong, want, _ := reply(q); wrong != nil {
		return wrong.Offset > 0 && strings.HasPrefix(want, "\n")
	}
	return anyClient(func(c report.Client) bool { return c.Received > 0 && c.Received+1 == c.Sent && c.End == "open" })(nil, q)
}

// oneByteLost: of an answer, one byte is missing, and the rest follows.
func oneByteLost(_ *facts, q report.Requirement) bool {
	if wrong, want, got := reply(q); wrong != nil {
		return len(want) > enough && strings.HasPrefix(got, want[1:enough])
	}
	return anyClient(func(c report.Client) bool { return c.Received > 0 && c.Received+1 == c.Sent })(nil, q)
}

// newlineAdded: an answer has a newline that was not sent.
func newlineAdded(_ *facts, q report.Requirement) bool {
	wrong, want, got := reply(q)
	return wrong != nil && strings.HasPrefix(got, "\n") && !strings.HasPrefix(want, "\n")
}

// wrongAlready reports whether a client has received something wrong: such a finding is
// made at once, whatever the processes do at that moment.
func wrongAlready(q report.Requirement) bool { wrong, _, _ := reply(q); return wrong != nil }

func caseChanged(_ *facts, q report.Requirement) bool {
	wrong, want, got := reply(q)
	n := min(len(want), len(got))
	return wrong != nil && !wrong.Surplus && n > 0 && want[:n] != got[:n] && strings.EqualFold(want[:n], got[:n])
}

// cutAtNUL: a request that begins with a NUL byte is not answered, and others are.
func cutAtNUL(f *facts, _ report.Requirement) bool {
	q := f.of["echo/binary"]
	return q.Evidence != nil && !nothingComes(f, f.of["echo/exact"]) && slices.ContainsFunc(q.Evidence.Clients, func(c report.Client) bool {
		return c.Wrong == nil && c.Received == 0 && c.Sent > 0 && c.End == "open"
	})
}

// nothingComes: a process has read all that a client sent, sleeps in the next read, and
// no byte came back.
func nothingComes(_ *facts, q report.Requirement) bool {
	return q.ID != "echo/binary" && q.Evidence != nil && slices.ContainsFunc(q.Evidence.Clients, func(c report.Client) bool {
		return c.Sent >= enough && c.Received == 0 && c.End == "open" && slices.ContainsFunc(q.Evidence.Processes, func(p report.Process) bool {
			return reads(p, c.Name)
		})
	})
}

// reads reports whether a process sleeps in a read of a client's connection.
func reads(p report.Process, client string) bool {
	return in(p, "read", "recvfrom", "recvmsg", "readv") && p.Call.FD != nil &&
		slices.ContainsFunc(p.Descriptors, func(d report.Descriptor) bool { return d.FD == *p.Call.FD && d.Client == client })
}

// answersOtherwise: what comes back is something else from its first byte on.
func answersOtherwise(f *facts, q report.Requirement) bool {
	wrong, want, got := reply(q)
	return wrong != nil && wrong.Offset == 0 && !wrong.Surplus && f.sameBeginning() == "" && prefix(q) == "" && len(want) >= enough && len(got) >= enough
}

// elsewhere returns the port that the server listens on and was not given; 0 when there
// is none.
func elsewhere(q report.Requirement) int {
	p := listener(q)
	if p == nil || q.Evidence.Port == 0 {
		return 0
	}
	for _, d := range p.Descriptors {
		if d.Kind != "listening socket" {
			continue
		}
		port, err := strconv.Atoi(d.What[strings.LastIndexByte(d.What, ':')+1:])
		if err == nil && port != q.Evidence.Port {
			return port
		}
	}
	return 0
}

func portSwapped(_ *facts, q report.Requirement) bool {
	port := elsewhere(q)
	return port != 0 && int(bits.ReverseBytes16(uint16(port))) == q.Evidence.Port
}
