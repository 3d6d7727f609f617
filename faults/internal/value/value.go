// Package value reads the values of rules. An error names what is known.
package value

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/nearest"
)

// Duration reads what follows the = of NAME=DURATION.
func Duration(name, text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s=%s: give a time above 0, as in 300ms or 2s", name, text)
	}
	return d, nil
}

// Bytes reads a number of bytes, also as 64K, 10M or 1G (powers of 1024).
func Bytes(text string) (uint64, error) {
	digits, shift := text, 0
	if i := strings.IndexAny(text, "KMG"); i == len(text)-1 && i > 0 {
		digits, shift = text[:i], map[byte]int{'K': 10, 'M': 20, 'G': 30}[text[i]]
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of bytes: as in 512, 64K or 10M", text)
	}
	return n << shift, nil
}

// The highest numbers that have a name, errno(3), signal(7).
const (
	lastErrno  = 133
	lastSignal = 31
)

// Errno reads the name of an error, as "EMFILE".
func Errno(name string) (unix.Errno, error) {
	var known []string
	for n := unix.Errno(1); n <= lastErrno; n++ {
		if unix.ErrnoName(n) == name && name != "" {
			return n, nil
		}
		if unix.ErrnoName(n) != "" {
			known = append(known, unix.ErrnoName(n))
		}
	}
	return 0, fmt.Errorf("unknown error %q: %serrno(3) has the names, as EMFILE or ECONNABORTED", name, nearest.Meant(name, known))
}

// Signal reads the name of a signal, as "SIGCHLD".
func Signal(name string) (unix.Signal, error) {
	var known []string
	for n := unix.Signal(1); n <= lastSignal; n++ {
		if known = append(known, unix.SignalName(n)); unix.SignalName(n) == name {
			return n, nil
		}
	}
	return 0, fmt.Errorf("unknown signal %q: known are %s", name, strings.Join(known, ", "))
}
