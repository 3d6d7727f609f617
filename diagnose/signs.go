package diagnose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// A sign is something that the evidence of a failure shows.
type sign func(*facts, report.Requirement) bool

// signs are the words that an entry may name.
var signs = map[string]sign{
	"failure":        func(_ *facts, q report.Requirement) bool { return q.Verdict == report.Fail },
	"advice":         func(_ *facts, q report.Requirement) bool { return q.Verdict == report.Advice },
	"ended":          func(_ *facts, q report.Requirement) bool { return ended(q) },
	"lives":          func(_ *facts, q report.Requirement) bool { return q.Evidence != nil && !ended(q) },
	"killed":         func(_ *facts, q report.Requirement) bool { return killed(q) != "" },
	"parent-spins":   func(_ *facts, q report.Requirement) bool { p := listener(q); return p != nil && p.State == "running" },
	"spins":          anyProcess(func(p report.Process) bool { return p.State == "running" }),
	"child-accepts":  childAccepts,
	"parent-waits":   anyProcess(func(p report.Process) bool { return listens(p) && in(p, "wait4", "waitid") }),
	"parent-serves":  parentServes,
	"sigchld-caught": func(_ *facts, q report.Requirement) bool { p := listener(q); return p != nil && p.SIGCHLD == "caught" },
	"others-served":  func(f *facts, _ report.Requirement) bool { return f.of["echo/exact"].Verdict == report.Pass },
	"out-of-memory": func(_ *facts, q report.Requirement) bool {
		return ended(q) && strings.Contains(q.Evidence.Ended, "used up its memory")
	},
	"some-left": func(_ *facts, q report.Requirement) bool { return ended(q) && len(q.Evidence.Processes) > 0 },
	"none-left": func(f *facts, _ report.Requirement) bool {
		return !slices.ContainsFunc(f.all, func(q report.Requirement) bool { return ended(q) && len(q.Evidence.Processes) > 0 })
	},
	"accept-einval": func(_ *facts, q report.Requirement) bool { return wrote(q, "accept") && wrote(q, "Invalid argument") },
	"no-listener":   func(_ *facts, q report.Requirement) bool { return q.Evidence != nil && listener(q) == nil },
	"client-open":   anyClient(func(c report.Client) bool { return c.End == "open" }),
	"client-ended":  anyClient(func(c report.Client) bool { return c.End == "end of file" || c.End == resetByServer }),
	"reset":         anyClient(func(c report.Client) bool { return c.End == resetByServer }),
	"child-accepts-early": func(_ *facts, q report.Requirement) bool {
		return anyProcessOf(q, func(p report.Process) bool { return p.Early && in(p, "accept", "accept4") && child(q, p) })
	},
	"child-spins": func(_ *facts, q report.Requirement) bool {
		return anyProcessOf(q, func(p report.Process) bool {
			return !p.Early && p.State == "running" && child(q, p) && !wrongAlready(q)
		})
	},
	"child-idles": func(_ *facts, q report.Requirement) bool {
		return anyProcessOf(q, func(p report.Process) bool {
			return !p.Early && p.State == "sleeping" && child(q, p) && !in(p, "accept", "accept4", "read", "recvfrom", "wait4")
		})
	},
	"elsewhere": func(_ *facts, q report.Requirement) bool { return strings.Contains(q.Found, "instead") },
	"cannot-bind": func(_ *facts, q report.Requirement) bool {
		return !strings.Contains(q.Found, "instead") && !reusesLate(q)
	},
	"reuses-late":   func(_ *facts, q report.Requirement) bool { return reusesLate(q) },
	"answered-once": anyClient(func(c report.Client) bool { return c.Received > 0 }),
	"closed-unheard": anyClient(func(c report.Client) bool {
		return c.Received == 0 && c.Sent > 0 && (c.End == "end of file" || c.End == resetByServer)
	}),
	"one-byte-lost": oneByteLost,
	"newline-added": newlineAdded,
	"answer-short":  answerShort,
	"answer-wrong": func(f *facts, q report.Requirement) bool {
		return f.protocol == "" && anyClient(func(c report.Client) bool { return c.Wrong != nil })(f, q)
	},
	"answer-again":     answerAgain,
	"reply-wrong":      because(func(w report.Wrong) bool { return strings.HasPrefix(w.Because, "the reply to ") }),
	"greeting-wrong":   because(func(w report.Wrong) bool { return strings.HasPrefix(w.Because, "the greeting ") }),
	"greeting-missing": greetingMissing,
	"after-another":    func(_ *facts, q report.Requirement) bool { return afterAnother(q) },
	"first-to-come":    func(_ *facts, q report.Requirement) bool { return !afterAnother(q) },
	"child-serves":     func(_ *facts, q report.Requirement) bool { return childServes(q) },
	"answer-endless": func(f *facts, q report.Requirement) bool {
		return f.protocol != "" && (strings.Contains(q.Diagnosis, "sends without end") || bodyWithoutEnd(f, q))
	},
	"line-too-many": because(func(w report.Wrong) bool { return w.Surplus && strings.Contains(w.Because, "answers to all") }),
	"other-line":    because(func(w report.Wrong) bool { return strings.HasPrefix(w.Because, "the answer to line") }),
	"other-reply":   because(func(w report.Wrong) bool { return strings.HasSuffix(w.Because, "learnt") }),
	"line-open":     func(f *facts, q report.Requirement) bool { return f.protocol == "line" && partSeen(q) != "" },
	"no-reply":      func(f *facts, q report.Requirement) bool { return f.protocol != "" && nothingComes(f, q) },
	"other-port":    func(_ *facts, q report.Requirement) bool { return elsewhere(q) != 0 },
	"port-swapped":  portSwapped,
	"no-port-given": func(f *facts, _ report.Requirement) bool {
		return len(f.command) == 1
	},
	"traceback":      func(_ *facts, q report.Requirement) bool { return wrote(q, "Traceback (most recent call last)") },
	"decode-error":   func(_ *facts, q report.Requirement) bool { return wrote(q, "UnicodeDecodeError") },
	"speaks-first":   greets,
	"prefix-repeats": prefixRepeats,
	"case-changed":   caseChanged,
	"newline-lost":   newlineLost,
	"cut-at-nul":     cutAtNUL,
	"surplus": func(_ *facts, q report.Requirement) bool {
		w, _, _ := reply(q)
		return w != nil && w.Surplus && w.Offset > 0
	},
	"nothing-comes":     nothingComes,
	"answers-otherwise": answersOtherwise,
	"sigpipe": func(_ *facts, q report.Requirement) bool {
		return q.Evidence != nil && strings.HasPrefix(q.Evidence.Ended, "killed by SIGPIPE")
	},
	"looks-otherwise":  looksOtherwise,
	"speaks-known":     func(f *facts, q report.Requirement) bool { return spokenBy(f.protocol, q) != nil },
	"no-status-line":   because(func(w report.Wrong) bool { return strings.Contains(w.Because, "begin with a status line") }),
	"space-missing":    foundWith("no space follows the status code"),
	"lf-alone":         foundWith("ends in LF alone"),
	"body-surplus":     foundWith("more came: "),
	"page-differs":     foundWith("which are others"),
	"piece-answered":   foundWith(" had come, "),
	"body-behind-head": foundWith("came behind its head"),
	"file-outside":     foundWith("brings /etc/passwd"),
	"body-as-request":  foundWith("as if the body were a request"),
	"unanswered":       foundWith("no answer came"),
	"answers-2xx":      func(_ *facts, q report.Requirement) bool { return success.MatchString(q.Found) },
	"length-taken": func(_ *facts, q report.Requirement) bool {
		return success.MatchString(q.Found) || strings.Contains(q.Found, "no answer came") // it waits for a body
	},
	"https-port": because(func(w report.Wrong) bool { return strings.HasSuffix(w.Because, "HTTPS") }),
	"default-sigchld": func(_ *facts, q report.Requirement) bool {
		p := listener(q)
		return p != nil && p.SIGCHLD == "default"
	},
}

// success finds a status line of success in what was found.
var success = regexp.MustCompile(`the answer is "HTTP/\d\.\d 2\d\d`)

// bodyWithoutEnd: a client gave up on a response that went on and on.
var bodyWithoutEnd = because(func(w report.Wrong) bool { return strings.Contains(w.Because, "no end within") })

// foundWith is a sign that what was found says so.
func foundWith(words string) sign {
	return func(_ *facts, q report.Requirement) bool { return strings.Contains(q.Found, words) }
}

// reusesLate: the listening socket had SO_REUSEADDR, though the port counts as in use.
func reusesLate(q report.Requirement) bool {
	return strings.Contains(q.Diagnosis, "though its listening socket has SO_REUSEADDR")
}

const resetByServer = "reset by the server"

func ended(q report.Requirement) bool { return q.Evidence != nil && q.Evidence.Ended != "" }

// killed returns the signal of the crash that ended the server; "" when none did.
func killed(q report.Requirement) string {
	if q.Evidence == nil {
		return ""
	}
	rest, found := strings.CutPrefix(q.Evidence.Ended, "killed by ")
	if !found {
		return ""
	}
	name := strings.TrimRight(strings.Fields(rest)[0], ",")
	if slices.Contains([]string{"SIGTERM", "SIGINT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGUSR1", "SIGUSR2"}, name) {
		return "" // these are sent, and no crash
	}
	return name
}

func anyProcess(is func(report.Process) bool) sign {
	return func(_ *facts, q report.Requirement) bool {
		return q.Evidence != nil && slices.ContainsFunc(q.Evidence.Processes, is)
	}
}

func anyProcessOf(q report.Requirement, is func(report.Process) bool) bool {
	return anyProcess(is)(nil, q)
}

// child reports whether the parent of a process is in the evidence, too.
func child(q report.Requirement, p report.Process) bool {
	return anyProcessOf(q, func(parent report.Process) bool { return parent.PID == p.Parent })
}

func wrote(q report.Requirement, text string) bool {
	return q.Evidence != nil && strings.Contains(q.Evidence.Output, text)
}

func anyClient(is func(report.Client) bool) sign {
	return func(_ *facts, q report.Requirement) bool {
		return q.Evidence != nil && slices.ContainsFunc(q.Evidence.Clients, is)
	}
}

// listens reports whether a process holds a listening socket.
func listens(p report.Process) bool {
	return strings.HasPrefix(p.Role, "listens") ||
		slices.ContainsFunc(p.Descriptors, func(d report.Descriptor) bool { return d.Kind == "listening socket" })
}

// listener returns the first process that listens, which is the parent; nil when none does.
func listener(q report.Requirement) *report.Process {
	if q.Evidence == nil {
		return nil
	}
	for i, p := range q.Evidence.Processes {
		if listens(p) {
			return &q.Evidence.Processes[i]
		}
	}
	return nil
}

// in reports whether a process is blocked in one of the calls.
func in(p report.Process, calls ...string) bool {
	return p.Call != nil && slices.Contains(calls, p.Call.Name)
}

// childAccepts: a child of a process that listens is itself blocked in accept.
func childAccepts(_ *facts, q report.Requirement) bool {
	parent := listener(q)
	return parent != nil && slices.ContainsFunc(q.Evidence.Processes, func(p report.Process) bool {
		return p.Parent == parent.PID && listens(p) && in(p, "accept", "accept4")
	})
}

// parentServes: a process that listens reads from a client, or writes to one.
func parentServes(_ *facts, q report.Requirement) bool {
	p := listener(q)
	if p == nil || !in(*p, "read", "recvfrom", "recvmsg", "readv", "write", "sendto", "sendmsg", "writev", "poll", "ppoll") {
		return false
	}
	if p.Call.FD == nil {
		return strings.Contains(p.Role, "serves")
	}
	return slices.ContainsFunc(p.Descriptors, func(d report.Descriptor) bool {
		return d.FD == *p.Call.FD && d.Kind == "connected socket"
	})
}
