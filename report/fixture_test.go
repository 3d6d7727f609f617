package report

// hostile is what a server might print to mislead the reader of a report.
const hostile = "\x1b[2J\x1b]0;owned\x07 ]]> </failure> ::error::hacked ##[error]hacked \u202egnp.exe\u2066 \u200b\u2028\x9b31m\xff"

// fixture is a run with one requirement of every verdict.
func fixture() Result {
	r := Result{
		Schema: Schema,
		Tool:   Tool{Version: "v1.2.3"},
		Target: Target{
			Command: []string{"./my server", "{port}", "::error::x", hostile}, Model: "forking", Protocol: "echo",
			SHA256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Address: "127.0.0.1:40001",
		},
		Environment: Environment{Kernel: "6.18.0", CPUs: 2, Isolation: "process group", IsolationReason: "no user namespaces", Seed: 7},
		DurationMS:  4321,
		Requirements: []Requirement{
			passed("launch/listens", "accepts a connection within the start limit", 12.5),
			leaked(),
			passed("reaping/one", "leaves no zombie after one client", 340),
			zombies(),
			{ID: "reaping/promptly", Level: Should, Verdict: Advice, Title: "needs no further client to reap",
				Found: "process 813 stayed a zombie until another client connected", Rule: "a child is waited for when it ends",
				Hint: "reap in a SIGCHLD handler", Source: "waitpid(2), NOTES", DurationMS: 1500},
			{ID: "signals/storm", Level: Should, Verdict: NotRun, Title: "is not harmed by 1,000 SIGCHLD",
				Found: "not reached", Source: "signal(7)", Unreached: true},
			{ID: "faults/fork-eagain", Level: Should, Verdict: Error, Title: "drops one client when fork fails with EAGAIN",
				Found: "forkproof may not trace: ptrace: operation not permitted", Source: "fork(2), ERRORS", DurationMS: 3,
				Hint: "allow ptrace: sysctl kernel.yama.ptrace_scope=1"},
			{ID: "faults/slow-fork", Level: Should, Verdict: NotApplicable, Title: "loses no connection when a fork takes 300 ms",
				Found: "the server does not fork", Source: "fork(2)"},
			filtered("faults/short-read"), filtered("faults/short-write"),
			filtered("faults/read-eintr"), filtered("faults/write-eintr"),
		},
	}
	r.Summarise()
	return r
}

func passed(id, title string, ms float64) Requirement {
	return Requirement{ID: id, Level: Must, Verdict: Pass, Title: title, Source: "UNP 3rd ed. §5.2", DurationMS: ms,
		Done: []string{"started the server", "connected one more client: it was answered"}}
}

func filtered(id string) Requirement {
	return Requirement{ID: id, Level: Should, Verdict: NotRun, Title: "gets every byte across all the same", Found: "not selected", Source: "read(2)"}
}

// leaked is a failure with descriptor tables and hostile output.
func leaked() Requirement {
	return Requirement{
		ID: "descriptors/parent-closes-connection", Level: Must, Verdict: Fail, DurationMS: 88.25,
		Title:     "holds no connected socket in the listening process once a child has it",
		Done:      []string{"started the server", "connected one client: it was answered"},
		Expected:  "process 812 holds no connection that a child serves",
		Found:     "process 812 holds FD 4, the connection from 127.0.0.1:50312, and said " + hostile,
		Diagnosis: "the parent did not close the connected socket after fork; the client sees no end of file while any process holds it",
		Rule:      "after fork the parent closes the connected socket: the connection ends only when its last descriptor is closed",
		Hint:      "call close(connfd) in the parent, after fork",
		Source:    "UNP 3rd ed. §4.8",
		Evidence: &Evidence{
			Processes: []Process{
				{PID: 812, Parent: 800, PIDInside: 3, ParentInside: 1, Role: "listens", State: "sleeping", Blocked: "accept4(3)", SIGCHLD: "caught", Descriptors: []Descriptor{
					{FD: 0, What: "pipe"}, {FD: 1, What: "pipe"}, {FD: 2, What: "pipe"},
					{FD: 3, What: "listening socket 0.0.0.0:40001"},
					{FD: 4, What: "connection from 127.0.0.1:50312", Wrong: true},
				}},
				{PID: 813, Parent: 812, PIDInside: 4, ParentInside: 3, Role: "serves 127.0.0.1:50312", State: "sleeping", Blocked: "read(4)",
					Frames: []Place{{Function: "serve", File: "server.c", Line: 37}, {Function: "main", File: "server.c", Line: 61}}},
			},
			Clients: []Client{{Address: "127.0.0.1:50312", Sent: 5, Received: 1, End: "open"}},
			Output:  "Listening on 40001\n::error file=a.c::hacked\n\tgot " + hostile + "\r\n",
		},
	}
}

// zombies is a failure with many steps and zombies.
func zombies() Requirement {
	r := Requirement{
		ID: "reaping/five-at-once", Level: Must, Verdict: Fail, DurationMS: 1234.5,
		Title:     "leaves no zombie after five children that end at the same moment",
		Expected:  "no zombie: every child that ended has been waited for",
		Found:     "4 zombies left: 814, 815, 816, 817",
		Diagnosis: "process 812 has a handler for SIGCHLD, but it does not wait for every child that ended",
		Rule:      "signals of one kind do not queue: one SIGCHLD may stand for any number of children",
		Hint:      "in the SIGCHLD handler: while (waitpid(-1, NULL, WNOHANG) > 0) ;",
		Source:    "UNP 3rd ed. §5.10; signal(7), Queueing and delivery semantics for standard signals",
		Evidence: &Evidence{Processes: []Process{
			{PID: 812, Parent: 800, Role: "listens", State: "sleeping", Blocked: "accept4(3)", SIGCHLD: "caught"},
		}},
	}
	for pid := 814; pid <= 817; pid++ {
		r.Evidence.Processes = append(r.Evidence.Processes, Process{PID: pid, Parent: 812, State: "zombie"})
	}
	for range 10 {
		r.Done = append(r.Done, "connected one client", "the client left")
	}
	return r
}
