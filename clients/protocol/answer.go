package protocol

import (
	"bytes"
	"slices"
)

// An Answer is what the answer to a line says.
type Answer string

const (
	// AnyAnswer takes whatever it says.
	AnyAnswer Answer = ""
	// SameAnswer is the line itself.
	SameAnswer Answer = "same"
	// ContainsAnswer has the line in it.
	ContainsAnswer Answer = "contains"
	// UpperAnswer is the line in capitals.
	UpperAnswer Answer = "upper"
)

// anyAnswer is the word for AnyAnswer.
const anyAnswer = "any"

// Answers returns the words for answers.
func Answers() []string {
	return []string{anyAnswer, string(SameAnswer), string(ContainsAnswer), string(UpperAnswer)}
}

// AnswerNamed returns the answer that a word stands for; an empty word stands for any.
func AnswerNamed(word string) (Answer, bool) {
	if word == "" || word == anyAnswer {
		return AnyAnswer, true
	}
	return Answer(word), slices.Contains(Answers(), word)
}

// of returns what is owed for a line.
func (a Answer) of(line []byte) []byte {
	if a == UpperAnswer {
		return bytes.ToUpper(line)
	}
	return line
}

// fits reports whether an answer is one that is owed for a line.
func (a Answer) fits(line, got []byte) bool {
	if a == ContainsAnswer {
		return bytes.Contains(got, line)
	}
	return bytes.Equal(got, a.of(line))
}

// clause completes "each line is answered with one line".
func (a Answer) clause() string {
	switch a {
	case SameAnswer:
		return ", the same"
	case ContainsAnswer:
		return " that has it in it"
	case UpperAnswer:
		return ", the same in capitals"
	}
	return ""
}

// unlike completes "the answer to line 2", of one that does not fit.
func (a Answer) unlike() string {
	switch a {
	case ContainsAnswer:
		return "does not have that line in it"
	case UpperAnswer:
		return "is not that line in capitals"
	}
	return "is not that line"
}
