package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// answered are the requirements that hold a server of any protocol to whole replies.
var answered = []string{"concurrency/many", "concurrency/hundred"}

// heard are those for which a server has to reply at all.
var heard = []string{
	"launch/serves-again", "concurrency/second-client", "concurrency/reverse-order", "concurrency/many", "concurrency/hundred",
}

// replies returns the causes of wrong replies of servers that are no echo servers.
func replies() []entry {
	return []entry{
		{
			id: "answers-twice", named: true, breaks: answered, signs: []string{"line-too-many"},
			tells: func(q report.Requirement) string {
				_, _, got := reply(q)
				return fmt.Sprintf("The server answers with more lines than it is sent: %q is one too many.", firstLine(got))
			},
			hints: map[Language]string{C: "send one line for each line; if its replies have several on purpose, judge it with --protocol learned --send 'TEXT\\n'"},
			rule:  "a client reads one answer for each request; what is left over is taken for the next answer", source: "UNP 3rd ed. §3.9, readline",
		},
		{
			id: "answers-something-else", named: true, breaks: answered, signs: []string{"other-line"},
			tells: func(q report.Requirement) string {
				_, want, got := reply(q)
				return fmt.Sprintf("The server answers %q, where %q is due.", short(got), short(want))
			},
			hints: map[Language]string{C: "answer with the line that was read, to the end of the line; if it says more on purpose, judge it with --reply contains, " +
				"and if it says something else with --reply any"},
			rule: "the answer to a request belongs to that request", source: "UNP 3rd ed. §3.9, readline",
		},
		{
			id: "line-without-end", named: true, breaks: heard, signs: []string{"line-open"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server answers %q without the end of a line.", short(partSeen(q)))
			},
			hints: map[Language]string{C: "end each answer with \"\\n\"; if its answers are no lines on purpose, judge it with --protocol learned --send 'TEXT\\n'"},
			rule:  "a client that reads lines waits for the end of the line", source: "UNP 3rd ed. §3.9, readline",
		},
		{
			id: "another-reply-to-some", named: true, breaks: answered, signs: []string{"other-reply"},
			tells: func(q report.Requirement) string {
				_, want, got := reply(q)
				due := "nothing"
				if want != "" {
					due = strconv.Quote(short(want))
				}
				return fmt.Sprintf("Among many clients, one gets another reply than a calm client: %q, where %s is due.", short(got), due)
			},
			hints: map[Language]string{C: "keep what belongs to a connection in its child (or thread), and serve those clients too that come while others are connected; " +
				"if the reply varies on purpose, --send something with a steady reply"},
			rule: "each connection is served by itself, with data of its own", source: "UNP 3rd ed. §4.8",
		},
		{
			id: "answers-without-end", named: true, everywhere: true, signs: []string{"answer-endless"},
			title: "The server answers a request without end.",
			hints: map[Language]string{C: "end the loop when the answer is sent, and read the next request"},
			rule:  "each request has one reply, which ends", source: "UNP 3rd ed. §5.3",
		},
		{
			id: "no-reply", named: true, breaks: heard, signs: []string{"no-reply"},
			title: "The server has read what a client sent, waits for more, and does not reply.",
			hints: map[Language]string{C: "write the reply to the connected socket, and fflush what printf wrote there; if it waits for another request, or for the end of a line, --send that"},
			rule:  "stdio keeps what is printed to anything but a terminal until its buffer is full or the program ends", source: "setbuf(3); stdout(3)",
		},
	}
}

// because is a sign that a wrong reply shows.
func because(is func(report.Wrong) bool) sign {
	return anyClient(func(c report.Client) bool { return c.Wrong != nil && is(*c.Wrong) })
}

// partSeen returns what the first client received of a reply that is not whole.
func partSeen(q report.Requirement) string {
	if q.Evidence == nil {
		return ""
	}
	i := slices.IndexFunc(q.Evidence.Clients, func(c report.Client) bool { return c.Part != "" && c.Wrong == nil })
	if i < 0 {
		return ""
	}
	return q.Evidence.Clients[i].Part
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return short(line)
}

// answerShort: the rest of a reply is missing, though the connection is open; or it is,
// and something else follows.
func answerShort(f *facts, q report.Requirement) bool {
	return anyClient(func(c report.Client) bool {
		if f.protocol == "" {
			return c.Wrong == nil && c.Received < c.Sent && c.End == "open" || c.Wrong != nil && c.Wrong.Moved > 0
		}
		return c.Part != "" && c.Wrong == nil || c.Wrong != nil && !c.Wrong.Surplus && !beginsAgain(*c.Wrong)
	})(f, q)
}

// answerAgain: a reply goes on with something else than its rest: with its beginning,
// where that is known.
func answerAgain(f *facts, q report.Requirement) bool {
	return anyClient(func(c report.Client) bool {
		return c.Wrong != nil && (f.protocol == "" && c.Wrong.Moved < 0 || beginsAgain(*c.Wrong))
	})(f, q)
}

func beginsAgain(w report.Wrong) bool {
	return strings.HasSuffix(w.Because, "begins again before it is whole")
}
