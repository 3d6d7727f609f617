package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrDiffer says that replies differ so much that nothing is learnt from them.
var ErrDiffer = errors.New("the replies to the same request differ in more than half of their words")

// Learn returns the pattern of several replies to the same request. What differs among
// them is masked by whole words; the time of day is, even where it is the same.
func Learn(replies ...[]byte) (Pattern, error) {
	lines := make([][][]byte, len(replies))
	for i, reply := range replies {
		lines[i] = bytes.SplitAfter(reply, []byte{'\n'})
		if n := len(lines[0]); len(lines[i]) != n {
			return Pattern{}, fmt.Errorf("%w: one has %d lines, another %d", ErrDiffer, n-1, len(lines[i])-1)
		}
	}
	var l learner
	for i := range lines[0] {
		same := make([][]byte, len(replies))
		for j := range replies {
			same[j] = lines[j][i]
		}
		l.line(same)
	}
	if 2*l.stay < l.words {
		return Pattern{}, fmt.Errorf("%w: %d of %d stay the same", ErrDiffer, l.stay, l.words)
	}
	if len(l.pattern.Masked) > 0 {
		l.maskLength()
	}
	return l.pattern, nil
}

// A learner makes a pattern, line by line.
type learner struct {
	pattern     Pattern
	words, stay int
}

var (
	token  = regexp.MustCompile(`[ \t]+|[^ \t\r\n]+|[\r\n]`)
	clock  = regexp.MustCompile(`\d:\d\d|^\d{4}-\d\d-\d\d`)
	number = regexp.MustCompile(`^\d{1,2},?$`)
	year   = regexp.MustCompile(`^20\d\d,?$`)
	day    = regexp.MustCompile(`(?i)^(mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*,?$`)
	length = regexp.MustCompile(`(?i)^(content-length:[ \t]*)(\d+)(\r?\n)$`)
)

// line adds the pattern of a line, as several clients received it.
func (l *learner) line(same [][]byte) {
	rows := make([][]string, len(same))
	for i, one := range same {
		rows[i] = tokens(one)
	}
	first := rows[0]
	words := 0
	for _, t := range first {
		if isWord(t) {
			words++
		}
	}
	l.words += words
	if slices.ContainsFunc(rows, func(row []string) bool { return len(row) != len(first) }) {
		l.add(part{mask: rest}, strings.TrimRight(string(same[0]), "\r\n"))
		if bytes.HasSuffix(same[0], []byte{'\n'}) {
			l.add(part{text: "\n"}, "")
		}
		return
	}
	vary := make([]bool, len(first))
	timed := false
	for i, t := range first {
		differs := slices.ContainsFunc(rows, func(row []string) bool { return row[i] != t })
		if isWord(t) && !differs {
			l.stay++
		}
		timed = timed || clock.MatchString(t)
		vary[i] = differs || clock.MatchString(t)
	}
	for i := range first {
		vary[i] = vary[i] || timed && ofDate(first, i)
	}
	for i, t := range first {
		beside := i > 0 && vary[i-1] && isWord(first[i-1]) || i+1 < len(first) && vary[i+1] && isWord(first[i+1])
		switch blank := blanks.has(t[0]); {
		case blank && i == 0 && beside:
			l.add(part{mask: indent}, "")
		case blank && (beside || vary[i]):
			l.add(part{mask: blanks}, "")
		case vary[i] && isWord(t):
			if i == 0 {
				l.add(part{mask: indent}, "") // one that is as wide as its column
			}
			l.add(part{mask: word}, t)
		default:
			l.add(part{text: t}, "")
		}
	}
}

// ofDate reports whether a word of a line in which a time of day stands belongs to the
// date, which changes at midnight.
func ofDate(line []string, i int) bool {
	if !number.MatchString(line[i]) {
		return day.MatchString(line[i]) || year.MatchString(line[i])
	}
	return i >= 2 && day.MatchString(line[i-2]) || i+2 < len(line) && day.MatchString(line[i+2])
}

// tokens splits a line into words, blanks and the bytes that end it.
func tokens(line []byte) []string {
	return token.FindAllString(string(line), -1)
}

func isWord(t string) bool { return word.has(t[0]) }

// add adds a part, and tells what is masked by it.
func (l *learner) add(p part, masked string) {
	if last := len(l.pattern.parts) - 1; p.mask == exact && last >= 0 && l.pattern.parts[last].mask == exact {
		l.pattern.parts[last].text += p.text
	} else {
		l.pattern.parts = append(l.pattern.parts, p)
	}
	if masked != "" {
		l.pattern.Masked = append(l.pattern.Masked, masked)
	}
}

// maskLength masks the length that an HTTP response declares: with what varies in the
// response, it may vary, too.
func (l *learner) maskLength() {
	var parts []part
	for _, one := range l.pattern.parts {
		for _, line := range strings.SplitAfter(one.text, "\n") {
			m := length.FindStringSubmatch(line)
			if one.mask != exact || m == nil {
				parts = append(parts, part{text: line, mask: one.mask})
				continue
			}
			parts = append(parts, part{text: m[1]}, part{mask: word}, part{text: m[3]})
		}
	}
	l.pattern.parts = slices.DeleteFunc(parts, func(p part) bool { return p.mask == exact && p.text == "" })
}
