package diagnose

import (
	"strings"
	"testing"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/model"
)

// TestNamesTheModel holds that a server of another design is told so first, with the flag
// that judges it, whatever else it fails.
func TestNamesTheModel(t *testing.T) {
	for _, c := range []struct{ judgedBy, found, title, hint string }{
		{"concurrency/own-process", "3 connections are served by process 7 with 4 threads alone: it looks like a threads server (--model threads)",
			"The server serves its clients in threads: --model threads.", "judge it with --model threads"},
		{"concurrency/own-process", "3 connections are served by process 7 alone: it looks like an epoll server (--model event)",
			"The server serves its clients in one loop around epoll: --model event.", "judge it with --model event"},
		{"concurrency/model", "the server is of another one: it looks like an iterative server (--model iterative)",
			"The server serves its clients one after another: --model iterative.", "judge it with --model iterative"},
	} {
		own := failure(c.judgedBy, nil)
		own.Found = c.found
		list := causes(t, run(nil, nil, failure("echo/exact", wrong(0, `hello\n`, `HTTP/1.1 400 Bad Request\r\n`, false)), own), nil)
		if first := list[0]; first.ID != otherModel || first.Title != c.title || !strings.Contains(first.Hint, c.hint) {
			t.Errorf("%s: first told is %s: %s (%s)", c.found, first.ID, first.Title, first.Hint)
		}
	}
}

// TestIterativeIsNoOtherModel holds that a server that is to serve several clients, and
// serves one after another, is told what to mend, and not that it is of another model.
func TestIterativeIsNoOtherModel(t *testing.T) {
	f := &facts{of: map[string]report.Requirement{"concurrency/second-client": {Verdict: report.Fail}}}
	for _, id := range []string{"concurrency/own-process", "concurrency/model"} {
		if looksOtherwise(f, report.Requirement{ID: id, Found: "it looks like an iterative server (--model iterative)"}) {
			t.Errorf("%s: it is told that it is of another model", id)
		}
	}
}

// TestEveryModelHasItsWay holds that each model is told in words.
func TestEveryModelHasItsWay(t *testing.T) {
	for _, name := range model.Models() {
		if ways[name] == "" {
			t.Errorf("%s: how such a server serves its clients is not told", name)
		}
	}
}
