package procfile

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// mostMaps bounds what is read of one maps file.
const mostMaps = 1 << 20

// A Span is a range of addresses; End is the first after it.
type Span struct{ Start, End uint64 }

// Holds reports whether an address is in one of the spans.
func Holds(list []Span, address uint64) bool {
	return slices.ContainsFunc(list, func(s Span) bool { return s.Start <= address && address < s.End })
}

// Code returns the file whose machine code a process has at an address, and where that
// file is mapped to be executed (proc_pid_maps(5)). The path is empty when the code is
// of no file.
func Code(pid int, address uint64) (path string, spans []Span, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return "", nil, err
	}
	defer func() { _ = f.Close() }()
	executable := map[string][]Span{}
	lines := bufio.NewScanner(io.LimitReader(f, mostMaps))
	for lines.Scan() {
		s, name, ok := parseCode(lines.Text())
		if !ok {
			continue
		}
		executable[name] = append(executable[name], s)
		if Holds([]Span{s}, address) {
			path = name
		}
	}
	if path == "" {
		return "", nil, lines.Err()
	}
	return path, executable[path], lines.Err()
}

// parseCode parses "7f00-7f10 r-xp 00001000 fd:00 131 /lib/libc.so.6"; ok is false when
// the line shows no code of a file.
func parseCode(line string) (s Span, path string, ok bool) {
	words := strings.Fields(line)
	const pathAt = 5
	if len(words) <= pathAt || !strings.Contains(words[1], "x") || !strings.HasPrefix(words[pathAt], "/") {
		return s, "", false
	}
	from, to, _ := strings.Cut(words[0], "-")
	var errs [2]error
	s.Start, errs[0] = strconv.ParseUint(from, 16, 64)
	s.End, errs[1] = strconv.ParseUint(to, 16, 64)
	_, after, _ := strings.Cut(line, words[pathAt]) // the path may hold spaces
	return s, words[pathAt] + after, errs[0] == nil && errs[1] == nil
}

// Program returns the path of the program that a process executes, as a maps file has
// it.
func Program(pid int) (string, error) { return os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)) }
