package diagnose

import (
	"fmt"
	"regexp"

	"github.com/forkproof/forkproof/report"
)

// otherModel is the cause that the server is of another design than the one that it is
// judged by.
const otherModel = "other-model"

var looksLike = regexp.MustCompile(`it looks like an? ([a-z-]+) server \((--model [a-z]+)\)`)

// ways say how servers of a design serve their clients.
var ways = map[string]string{
	"iterative":   "one after another",
	"forking":     "in a process each",
	"double-fork": "in a process each, which init adopts",
	"exec":        "in a process each, which executes a program",
	"prefork":     "in processes that are there before them",
	"threads":     "in threads",
	"thread-pool": "in a pool of threads",
	"select":      "in one loop around select",
	"poll":        "in one loop around poll",
	"epoll":       "in one loop around epoll",
	"hybrid":      "in several ways at once",
}

// likeness returns which server one looks like, as "threads", and the flag that judges
// it as such; "" when it is of the design by which it was judged.
func likeness(q report.Requirement) (design, flag string) {
	words := looksLike.FindStringSubmatch(q.Found)
	if words == nil {
		return "", ""
	}
	return words[1], words[2]
}

// asMeant says what to do with a server of another design.
func asMeant(q report.Requirement) string {
	_, flag := likeness(q)
	otherwise := "build it by the design that the exercise names"
	if q.ID == "concurrency/own-process" {
		otherwise = "fork after accept, and serve the client in the child"
	}
	return fmt.Sprintf("if that is its design on purpose, judge it with %s; else %s", flag, otherwise)
}

// looksOtherwise: the server is of another design. One that is to serve several clients at
// once, and serves one after another because it waits for each, is told by how it does so.
func looksOtherwise(f *facts, q report.Requirement) bool {
	design, _ := likeness(q)
	return design != "" && (design != "iterative" || f.of["concurrency/second-client"].Verdict != report.Fail)
}

// isOfModel is 1 for the cause that the server is of another design.
func isOfModel(c report.Cause) int {
	if c.ID == otherModel {
		return 1
	}
	return 0
}
