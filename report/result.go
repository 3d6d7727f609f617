// Package report has the types of a result and its renderers: for a terminal, as
// JSON, as JUnit. It does not depend on how a result was found.
package report

import "slices"

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
	Schema      string          `json:"schema"`
	Tool        Tool            `json:"tool"`
	Target      Target          `json:"target"`
	Environment Environment     `json:"environment"`
	Verdict     Outcome         `json:"verdict"`
	Summary     map[Verdict]int `json:"summary"`
	// Design is which concurrency model the server has; nil where that was not looked at.
	Design *Design `json:"design,omitempty"`
	// Grade is what the server earns by a rubric; nil without one.
	Grade *Grade `json:"grade,omitempty"`
	// Causes say what to mend, the first thing first.
	Causes       []Cause       `json:"causes,omitempty"`
	Requirements []Requirement `json:"requirements"`
	// Started is when the run began, as in RFC 3339; older files do not tell.
	Started    string  `json:"started,omitempty"`
	DurationMS float64 `json:"duration_ms"`
}

// A Cause is one thing that the server does wrong, and from which failures follow.
type Cause struct {
	// ID names the cause; where a built-in server has this defect, it is its name.
	ID string `json:"id"`
	// Title says in one sentence what the server does wrong.
	Title string `json:"title"`
	// Requirements are the IDs of what it explains, the nearest first.
	Requirements []string `json:"requirements"`
	// Explains is how many of the failures and of the advice it explains.
	Explains int `json:"explains"`
	// Found says what was seen of it.
	Found string `json:"found,omitempty"`
	// Where is the place in the server's source; nil when it is not known.
	Where *Place `json:"where,omitempty"`
	// Hint says what to change, in the words of the server's language.
	Hint   string `json:"hint"`
	Rule   string `json:"rule,omitempty"`
	Source string `json:"source,omitempty"`
	// Right is a server without this defect; nil when no built-in server has it.
	Right *Right `json:"right,omitempty"`
}

// A Right shows how the reference server does what a server does wrong.
type Right struct {
	// Difference leads from a server with the defect to the reference, as diff -u prints it.
	Difference string `json:"difference,omitempty"`
	// Evidence is what the reference shows at the moment that the nearest requirement of
	// the cause was judged at.
	Evidence *Evidence `json:"evidence,omitempty"`
}

// Explanations returns the causes of a result. In a result that has none, each failure
// and each advice stands for itself.
func (r Result) Explanations() []Cause {
	if r.Causes != nil {
		return r.Causes
	}
	var list []Cause
	for _, v := range []Verdict{Fail, Advice} {
		for _, q := range r.Requirements {
			if q.Verdict == v {
				list = append(list, q.AsCause())
			}
		}
	}
	return list
}

// Fails reports whether a cause explains a failure, and not only advice.
func (r Result) Fails(c Cause) bool {
	return slices.ContainsFunc(c.Requirements, func(id string) bool { return r.Of(id).Verdict == Fail })
}

// Where returns the place in the server's source that explains why a requirement is not
// met; nil when it is not known.
func (r Result) Where(q Requirement) *Place {
	for _, c := range r.Causes {
		if c.ID == q.Cause {
			return c.Where
		}
	}
	return nil
}

// AsCause returns a cause that stands for a requirement of which none is known.
func (q Requirement) AsCause() Cause {
	return Cause{
		ID: q.ID, Title: "Not met: the server " + q.Title + ".", Requirements: []string{q.ID}, Explains: 1,
		Found: q.Found, Hint: q.Hint, Rule: q.Rule, Source: q.Source,
	}
}

// A Place is a line of the server's source, or as much of it as is known.
type Place struct {
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Function string `json:"function,omitempty"`
}

// A Tool names the forkproof that judged.
type Tool struct {
	Version string `json:"version"`
}

// A Target names the server that was judged.
type Target struct {
	// BuiltIn is the name of a built-in server; empty for any other.
	BuiltIn  string   `json:"built_in,omitempty"`
	Command  []string `json:"command"`
	SHA256   string   `json:"sha256,omitempty"`
	Model    string   `json:"model"`
	Protocol string   `json:"protocol"`
	// Learnt says how the server talks, where that was learnt of itself.
	Learnt []string `json:"learnt,omitempty"`
	// Dialogue is what its clients said and had to hear; nil for other protocols.
	Dialogue *Dialogue `json:"dialogue,omitempty"`
	Address  string    `json:"address,omitempty"`
}

// A Dialogue names a dialogue file.
type Dialogue struct {
	// Name is what its author calls the server; perhaps empty.
	Name string `json:"name,omitempty"`
	File string `json:"file"`
}

// String returns the name with the file.
func (d Dialogue) String() string {
	if d.Name == "" {
		return d.File
	}
	return d.Name + ", " + d.File
}

// Name returns what a person calls the server: its command, or the name of a built-in one.
func (t Target) Name() string {
	if t.BuiltIn != "" {
		return "the built-in server " + t.BuiltIn
	}
	return CommandLine(t.Command)
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
	// Cause is the ID of the cause that explains it, whose hint Hint then is.
	Cause string `json:"cause,omitempty"`
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
