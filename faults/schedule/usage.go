package schedule

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
)

// lineWidth is that of the help.
const lineWidth = 80

// Usage describes rules for the help, by the table of faults.
func Usage() string {
	var b strings.Builder
	b.WriteString("A rule is CALL:ACTION or NAME=VALUE, and options:\n\n")
	section(&b, "CALL", wrap(strings.Fields(trace.FamilyNames()+
		": each a family of system calls; of read, write and close those on sockets are meant")))
	section(&b, "ACTION", describe(ofCalls()))
	section(&b, "NAME", describe(others()))
	var list [][2]string
	for _, o := range options {
		list = append(list, [2]string{fmt.Sprintf(":%s=%s", o.name, o.value), o.does})
	}
	section(&b, "options", columns(list))
	return b.String()
}

// indent is the width of the column with the names of the sections.
const indent = 12

func section(b *strings.Builder, name string, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(b, "  %-*s%s\n", indent-2, name, line)
		name = ""
	}
}

// describe lists the forms of some faults: "freeze=DURATION  SIGSTOP, and …".
func describe(kinds []faults.Kind) []string {
	var list [][2]string
	for _, k := range kinds {
		for _, f := range k.Forms {
			list = append(list, [2]string{k.Usage(f), f.Does})
		}
	}
	return columns(list)
}

// columns aligns what stands second.
func columns(list [][2]string) (lines []string) {
	width := 0
	for _, one := range list {
		width = max(width, len(one[0]))
	}
	for _, one := range list {
		lines = append(lines, fmt.Sprintf("%-*s  %s", width, one[0], one[1]))
	}
	return lines
}

// wrap joins words into lines that fit behind the column of names.
func wrap(words []string) (lines []string) {
	line := ""
	for _, word := range words {
		if line != "" && indent+len(line)+1+len(word) > lineWidth {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}
