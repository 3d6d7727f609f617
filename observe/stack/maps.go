package stack

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// mostMaps bounds what is read of one maps file.
const mostMaps = 1 << 20

// A region is one line of a maps file, proc_pid_maps(5).
type region struct {
	start, end, offset uint64
	executable         bool
	inode              uint64
	path               string
}

// regions returns what is mapped where in a process.
func regions(pid int) ([]region, error) {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var list []region
	lines := bufio.NewScanner(io.LimitReader(f, mostMaps))
	for lines.Scan() {
		if r, err := parseRegion(lines.Text()); err == nil {
			list = append(list, r)
		}
	}
	return list, lines.Err()
}

// parseRegion parses "7f00-7f10 r-xp 00001000 fd:00 131 /lib/libc.so.6".
func parseRegion(line string) (r region, err error) {
	number := func(text string, base int) uint64 {
		n, wrong := strconv.ParseUint(text, base, 64)
		if wrong != nil {
			err = fmt.Errorf("not a line of a maps file: %q", line)
		}
		return n
	}
	var words [5]string
	rest := line
	for i := range words {
		words[i], rest, _ = strings.Cut(strings.TrimLeft(rest, " "), " ")
	}
	from, to, _ := strings.Cut(words[0], "-")
	r.start, r.end, r.offset = number(from, 16), number(to, 16), number(words[2], 16)
	r.executable = strings.Contains(words[1], "x")
	r.inode = number(words[4], 10)
	r.path = strings.TrimLeft(rest, " ")
	return r, err
}

// anonymousAt returns the mapping that holds an address, unless it is a file's: to read
// such memory may wait for the file.
func anonymousAt(list []region, address uint64) (region, bool) {
	for _, r := range list {
		if r.start <= address && address < r.end {
			return r, r.inode == 0
		}
	}
	return region{}, false
}
