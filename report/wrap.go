package report

import (
	"strings"
	"unicode/utf8"
)

// wrap breaks text into lines of at most width characters, at spaces if possible.
// There is always at least one line. A line whose start would be a log command is
// three characters longer, by the escape that breaks it up.
func wrap(text string, width int) []string {
	width = max(width, 1)
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(text, " ") {
		n := utf8.RuneCountInString(word)
		if used > 0 && used+1+n <= width {
			line, used = line+" "+word, used+1+n
			continue
		}
		if used > 0 {
			lines = append(lines, inert(strings.TrimRight(line, " ")))
		}
		pieces := chop(word, width)
		lines = append(lines, pieces[:len(pieces)-1]...)
		line = pieces[len(pieces)-1]
		used = utf8.RuneCountInString(line)
	}
	return append(lines, inert(strings.TrimRight(line, " ")))
}

// chop cuts text after every width characters. There is always one piece.
func chop(text string, width int) []string {
	width = max(width, 1)
	var pieces []string
	for utf8.RuneCountInString(text) > width {
		end := 0
		for range width {
			_, n := utf8.DecodeRuneInString(text[end:])
			end += n
		}
		pieces = append(pieces, inert(text[:end]))
		text = text[end:]
	}
	return append(pieces, inert(text))
}
