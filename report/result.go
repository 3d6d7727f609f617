// Package report has the types of a result and its renderers: for a terminal, as
// JSON, as JUnit. It does not depend on how a result was found.
package report

// Schema is the name of the result file's format.
const Schema = "forkproof/result/v1"

// A Verdict is the result of one requirement.
type Verdict string

const (
	// Pass means that the wanted state was seen.
	Pass Verdict = "pass"
	// Fail means that a MUST (or, when strict, a SHOULD) is not met.
	Fail Verdict = "fail"
	// Advice means that a SHOULD is not met.
	Advice Verdict = "advice"
	// NotApplicable means that the requirement does not apply to this model or protocol.
	NotApplicable Verdict = "n/a"
	// Error means that forkproof or the machine could not judge.
	Error Verdict = "error"
	// NotRun means that it was filtered out, or not reached.
	NotRun Verdict = "not-run"
)

// verdicts lists every verdict in the order in which a summary counts them.
func verdicts() []Verdict {
	return []Verdict{Pass, Fail, Advice, NotApplicable, Error, NotRun}
}

// An Outcome is the verdict of a whole run.
type Outcome string

const (
	// Conformant means that no requirement failed, and every one that was selected was
	// judged or does not apply.
	Conformant Outcome = "conformant"
	// Nonconformant means that at least one requirement failed.
	Nonconformant Outcome = "nonconformant"
	// NotJudged means that none failed, and at least one could not be judged or was
	// not reached; or that nothing was judged at all.
	NotJudged Outcome = "not-judged"
)

// A Level says how much a requirement binds, in the words of RFC 2119.
type Level string

const (
	// Must is what textbooks demand of every forking server.
	Must Level = "MUST"
	// Should is what a server in production needs in addition.
	Should Level = "SHOULD"
)

// A Result is one run of forkproof against one server. Its JSON form is the
// result file; result.v1.schema.json describes it.
type Result struct {
	Schema       string          `json:"schema"`
	Tool         Tool            `json:"tool"`
	Target       Target          `json:"target"`
	Environment  Environment     `json:"environment"`
	Verdict      Outcome         `json:"verdict"`
	Summary      map[Verdict]int `json:"summary"`
	Requirements []Requirement   `json:"requirements"`
	DurationMS   float64         `json:"duration_ms"`
}

// A Tool names the forkproof that judged.
type Tool struct {
	Version string `json:"version"`
}

// A Target names the server that was judged.
type Target struct {
	Command  []string `json:"command"`
	SHA256   string   `json:"sha256,omitempty"`
	Model    string   `json:"model"`
	Protocol string   `json:"protocol"`
	Address  string   `json:"address,omitempty"`
}

// An Environment describes the machine and the settings of a run.
type Environment struct {
	Kernel    string `json:"kernel"`
	CPUs      int    `json:"cpus"`
	Isolation string `json:"isolation"`
	// IsolationReason says why the isolation is not a better one; empty if it is the best.
	IsolationReason string `json:"isolation_reason,omitempty"`
	Seed            uint64 `json:"seed"`
}

// A Requirement is one requirement of the catalogue with its verdict.
type Requirement struct {
	ID      string  `json:"id"`
	Level   Level   `json:"level"`
	Verdict Verdict `json:"verdict"`
	Title   string  `json:"title"`
	// Done are the steps that forkproof took.
	Done []string `json:"done,omitempty"`
	// Expected says what a conforming server would have shown.
	Expected string `json:"expected,omitempty"`
	// Found says in one line what was seen, or why there is no verdict.
	Found string `json:"found,omitempty"`
	// Diagnosis says what in the server causes it.
	Diagnosis string `json:"diagnosis,omitempty"`
	// Rule is the requirement in one sentence; Source is where to read it.
	Rule     string    `json:"rule,omitempty"`
	Hint     string    `json:"hint,omitempty"`
	Source   string    `json:"source"`
	Evidence *Evidence `json:"evidence,omitempty"`
	// Collateral says that the server does not meet a precondition of this
	// requirement, which another requirement covers.
	Collateral bool `json:"collateral,omitempty"`
	// FixFirst is the ID of the requirement whose failure stands in the way of this
	// one, which is not-run because of it.
	FixFirst string `json:"fix_first,omitempty"`
	// Unreached says that a requirement was selected and yet not run: the run
	// ended before it. One that was filtered out is not-run and not unreached.
	Unreached  bool    `json:"unreached,omitempty"`
	DurationMS float64 `json:"duration_ms"`
}

// Of returns the requirement with an ID; one without a verdict if there is none.
func (r Result) Of(id string) Requirement {
	for _, q := range r.Requirements {
		if q.ID == id {
			return q
		}
	}
	return Requirement{}
}

// Evidence is what the kernel and the clients showed at the moment of a finding.
type Evidence struct {
	Processes []Process `json:"processes,omitempty"`
	Clients   []Client  `json:"clients,omitempty"`
	// Output is the end of what the server wrote to its standard output and error.
	Output string `json:"output,omitempty"`
}

// A Process is one process of the server's tree.
type Process struct {
	// PID and Parent are process ids in forkproof's pid namespace.
	PID    int `json:"pid"`
	Parent int `json:"parent"`
	// PIDInside and ParentInside are what getpid(2) and getppid(2) return in the
	// process: its ids in its own pid namespace. They are 0 where they equal PID and
	// Parent, and where they are not known.
	PIDInside    int `json:"pid_inside,omitempty"`
	ParentInside int `json:"parent_inside,omitempty"`
	// Role says what the process does for the server: "listens", "serves 127.0.0.1:50312".
	Role string `json:"role,omitempty"`
	// State is the kernel's word: running, sleeping, stopped, zombie.
	State string `json:"state"`
	// Blocked is the system call that it is blocked in: "accept4(3)", "wait4(-1)".
	Blocked string `json:"blocked,omitempty"`
	// SIGCHLD is its disposition: caught, ignored, default.
	SIGCHLD     string       `json:"sigchld,omitempty"`
	Descriptors []Descriptor `json:"descriptors,omitempty"`
}

// A Descriptor is one open descriptor of a process.
type Descriptor struct {
	FD int `json:"fd"`
	// What it refers to: "listening socket 0.0.0.0:40001", "connection from 127.0.0.1:50312".
	What string `json:"what"`
	// Wrong marks the descriptor that the finding is about.
	Wrong bool `json:"wrong,omitempty"`
}

// A Client is one client's connection as the client saw it.
type Client struct {
	Address  string `json:"address"`
	Sent     int64  `json:"sent_bytes"`
	Received int64  `json:"received_bytes"`
	// End is the state of the connection: "open", "end of file", "reset".
	End string `json:"end"`
}
