// Package nearest finds the names that a mistyped word may stand for.
package nearest

import (
	"cmp"
	"slices"
	"strings"
)

const (
	// mostNearest limits the names in an error.
	mostNearest = 3
	// mostEdits is the distance from which a name is no longer near.
	mostEdits = 4
)

// Names returns the names that may have been meant by a word: those that contain
// it or that a few edits turn into it, the nearest first, at most three.
func Names(word string, names []string) []string {
	type candidate struct {
		name  string
		edits int
	}
	var near []candidate
	for _, name := range names {
		n := edits(word, name)
		if len(word) > 2 && strings.HasPrefix(name, word) {
			n = 1 // it was not typed to its end
		}
		if n < mostEdits && n < len(word) || len(word) > 2 && strings.Contains(name, word) {
			near = append(near, candidate{name, n})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.edits, b.edits) })
	var list []string
	for _, c := range near[:min(len(near), mostNearest)] {
		list = append(list, c.name)
	}
	return list
}

// edits returns the number of bytes to insert, delete or replace that turn one
// string into the other (Levenshtein's distance).
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Meant returns "did you mean A or B? " for an error, or "" when no name is near.
func Meant(word string, names []string) string {
	near := Names(word, names)
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "? "
}
