// Package rubric reads rubrics: YAML files that say how the submissions of a class are
// built, judged and graded.
package rubric

import (
	"crypto/sha256"
	_ "embed" // the example
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"time"

	"github.com/forkproof/forkproof/report"
)

// Version is the value of the key rubric: the version of the format.
const Version = "v1"

// A Rubric is a rubric file that has no mistakes.
type Rubric struct {
	Course, Title, Text string

	// Judging says how a submission is built and judged.
	Judging
	// Files are put into every submission, over files of the same name.
	Files []File

	// Items are what points are given for, in the order of the file.
	Items []Item
	// Weights say how the points of an item are shared among its requirements, by ID;
	// 1 for those that are not named.
	Weights map[string]*big.Rat
	// Required are what a submission has to meet.
	Required []Required
	// OutOf is what the points of all items are scaled to; nil where they are not.
	OutOf *big.Rat
	// OnError is what a requirement with the verdict error does to the grade.
	OnError ErrorRule
	// OnNotApplicable is what one does that applies to the model, but not to the server.
	OnNotApplicable ErrorRule
	// OnNotRun is what a requirement earns that was not run because another one failed:
	// a share from 0 to 1; nil holds the submission for a person.
	OnNotRun *big.Rat
	// Shown says what students see, by chapter or ID; the key "" is for all others.
	Shown map[string]Shown

	// SHA256 is the hash of the file, in hexadecimal digits.
	SHA256 string
	// Source is the file as it was read.
	Source []byte
}

// Judging are those parts of a rubric that decide how a submission is judged. Two
// rubrics with the same ones differ in points alone.
type Judging struct {
	// Command is the argument vector of the server; Build that of its build, empty if
	// there is none.
	Command, Build []string
	// Env are NAME=VALUE for the server and its build.
	Env []string
	// Model, Protocol, Reply, Sends, Greeting, Path, Post, Inetd and Strict are the flags
	// of check.
	Model, Protocol, Reply, Greeting, Path, Post string
	Sends                                        []string
	Inetd, Strict                                bool
	// Dialogue is the path of a dialogue file, and DialogueSHA256 the hash of its text.
	Dialogue       string `json:"-"`
	DialogueSHA256 string
	// Seed is that of the whole class; 0 in the file has it derived from the rest.
	Seed uint64
	// Repeat is how many times a submission is judged; the worst verdict counts.
	Repeat int
	Limits Limits
	// Selected are the IDs of the requirements that are judged; empty means all.
	Selected []string
}

// Limits bound what one submission may take. A zero value is the default of check, or
// of a build.
type Limits struct {
	// Time bounds a check, Start the time until the server listens.
	Time, Start time.Duration
	// MemoryBytes and DiskBytes bound the server.
	MemoryBytes, DiskBytes int64
	// BuildTime, BuildMemoryBytes and BuildDiskBytes bound the build.
	BuildTime                        time.Duration
	BuildMemoryBytes, BuildDiskBytes int64
}

// A File is one that every submission gets.
type File struct {
	// Name is its path in the submission.
	Name string
	Data []byte
	// Executable says that its owner may execute it.
	Executable bool
}

// An Item is a line of the rubric that points are given for.
type Item struct {
	// Name is the ID, chapter or level that the file names.
	Name string
	// Points are those of all that it covers; 0 is shown and worth nothing.
	Points *big.Rat
	// Extra says that the points are not part of the possible ones.
	Extra bool
	// Covers are IDs of requirements: those that no more specific item names.
	Covers []string
}

// A Required is what a submission has to meet: otherwise its grade has a limit.
type Required struct {
	Name   string
	Covers []string
	// Most is the highest grade of a submission that does not meet it.
	Most *big.Rat
}

// An ErrorRule says what a requirement without a judgement does to the grade.
type ErrorRule string

const (
	// Hold keeps the submission for a person to look at.
	Hold ErrorRule = "hold"
	// LeaveOut takes its points out of the possible ones.
	LeaveOut ErrorRule = "leave-out"
	// EarnNothing leaves its points in the total, and the submission earns none of them.
	EarnNothing ErrorRule = "nothing"
)

// A Shown says how much of a requirement a student sees.
type Shown string

const (
	// Evidence shows all.
	Evidence Shown = "evidence"
	// Hints shows the cause and what to change.
	Hints Shown = "hints"
	// Names shows which requirement has which verdict.
	Names Shown = "names"
	// Nothing hides the requirement.
	Nothing Shown = "nothing"
)

// A Requirement is one of the catalogue.
type Requirement struct {
	ID    string
	Level report.Level
	Title string
}

// A Vocabulary is what a rubric may name: it comes from the catalogue and from check.
type Vocabulary struct {
	Requirements               []Requirement
	Models, Protocols, Replies []string
	// Applies reports whether a requirement applies to a model and protocol.
	Applies func(id, model, protocol string) bool
	// HasFlag reports whether check has a flag.
	HasFlag func(name string) bool
}

// ShownFor returns how much of a requirement a student sees: the rule for its ID counts
// before that for its chapter.
func (r *Rubric) ShownFor(id string) Shown {
	if s, found := r.Shown[id]; found {
		return s
	}
	if s, found := r.Shown[chapterOf(id)]; found {
		return s
	}
	return r.Shown[""]
}

// Weight returns the weight of a requirement within its item.
func (r *Rubric) Weight(id string) *big.Rat {
	if w, found := r.Weights[id]; found {
		return w
	}
	return big.NewRat(1, 1)
}

// Possible returns the points of all items that are not extra.
func (r *Rubric) Possible() *big.Rat {
	sum := new(big.Rat)
	for _, item := range r.Items {
		if !item.Extra {
			sum.Add(sum, item.Points)
		}
	}
	return sum
}

// JudgingSHA256 returns a hash, in hexadecimal digits, that is the same for two rubrics
// by which the same servers get the same verdicts.
func (r *Rubric) JudgingSHA256() string {
	j := r.Judging
	j.Seed = 0
	sum := r.hash(struct {
		Judging Judging
		Seed    uint64
		Files   []File
	}{j, r.fixedSeed(), sorted(r.Files)})
	return hex.EncodeToString(sum[:])
}

// mostSeed is the highest seed that is derived: one that a person can copy by hand.
const mostSeed = 999_999

// derivedSeed returns the seed of a rubric that names none, from 1.
func (r *Rubric) derivedSeed() uint64 {
	j := r.Judging
	j.Seed = 0
	sum := r.hash(struct {
		Judging Judging
		Files   []File
	}{j, sorted(r.Files)})
	return 1 + binary.BigEndian.Uint64(sum[:8])%mostSeed
}

// fixedSeed returns the seed that the file names, or 0.
func (r *Rubric) fixedSeed() uint64 {
	if r.Seed == r.derivedSeed() {
		return 0
	}
	return r.Seed
}

func (*Rubric) hash(v any) [sha256.Size]byte {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers can be encoded
	}
	return sha256.Sum256(data)
}

func sorted(files []File) []File {
	list := slices.Clone(files)
	slices.SortFunc(list, func(a, b File) int {
		switch {
		case a.Name < b.Name:
			return -1
		case a.Name > b.Name:
			return 1
		}
		return 0
	})
	return list
}

// Example is a commented rubric to start from.
//
//go:embed init.yaml
var Example string
