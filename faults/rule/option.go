package rule

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
)

// options are what may follow an action.
var options = map[string]func(r *Rule, value string) error{
	"times": func(r *Rule, value string) (err error) {
		if r.Times, err = strconv.Atoi(value); err != nil || r.Times < 1 {
			err = fmt.Errorf("times=%s: give a number from 1", value)
		}
		return err
	},
	"at":    func(r *Rule, value string) (err error) { r.At, err = parseDuration("at=" + value); return err },
	"every": func(r *Rule, value string) (err error) { r.Every, err = parseDuration("every=" + value); return err },
	"for":   func(r *Rule, value string) (err error) { r.For, err = parseDuration("for=" + value); return err },
	"probability": func(r *Rule, value string) (err error) {
		if r.Probability, err = strconv.ParseFloat(value, 64); err != nil || !(r.Probability > 0 && r.Probability <= 1) {
			err = fmt.Errorf("probability=%s: give a number above 0 and up to 1", value)
		}
		return err
	},
	"who": func(r *Rule, value string) error {
		known := []Who{All, Server, Child}
		if r.Who = Who(value); !slices.Contains(known, r.Who) {
			return fmt.Errorf("unknown processes %q: known are %s", value, joined(known))
		}
		return nil
	},
	"fd": descriptorOption,
}

func (r *Rule) option(part string) error {
	name, value, _ := strings.Cut(part, "=")
	set, found := options[name]
	if !found {
		return fmt.Errorf("unknown option %q: known are %s", part, strings.Join(slices.Sorted(maps.Keys(options)), "=, ")+"=")
	}
	return set(r, value)
}

// descriptorOption reads a descriptor number, or any, or socket.
func descriptorOption(r *Rule, value string) error {
	call, ok := r.Action.(Call)
	if !ok || !slices.Contains([]trace.Family{trace.Accept, trace.Read, trace.Write, trace.Close}, call.Family) {
		return fmt.Errorf("fd=%s: only accept, read, write and close are called on a descriptor", value)
	}
	switch value {
	case "any":
		call.On = nil
	case "socket":
		call.On = trace.AnySocket()
	default:
		n, err := strconv.ParseUint(value, 10, 31)
		if err != nil {
			return fmt.Errorf("fd=%s: give a number, or any, or socket", value)
		}
		call.On = trace.Descriptor(int(n))
	}
	r.Action = call
	return nil
}

// parseDuration reads what follows the = of NAME=DURATION.
func parseDuration(assignment string) (time.Duration, error) {
	_, value, _ := strings.Cut(assignment, "=")
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%s: give a time above 0, as in 300ms or 2s", assignment)
	}
	return d, nil
}

// parseBytes reads a number of bytes, also as 64K, 10M or 1G (powers of 1024).
func parseBytes(value string) (uint64, error) {
	digits, shift := value, 0
	if i := strings.IndexAny(value, "KMG"); i == len(value)-1 && i > 0 {
		digits, shift = value[:i], map[byte]int{'K': 10, 'M': 20, 'G': 30}[value[i]]
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of bytes: as in 512, 64K or 10M", value)
	}
	return n << shift, nil
}

// lastErrno and lastSignal are the highest with a name, errno(3), signal(7).
const (
	lastErrno  = 133
	lastSignal = 31
)

func parseErrno(name string) (unix.Errno, error) {
	var known []string
	for n := unix.Errno(1); n <= lastErrno; n++ {
		if unix.ErrnoName(n) == name && name != "" {
			return n, nil
		}
		if unix.ErrnoName(n) != "" {
			known = append(known, unix.ErrnoName(n))
		}
	}
	return 0, fmt.Errorf("unknown error %q: known are %s", name, strings.Join(known, ", "))
}

func parseSignal(name string) (unix.Signal, error) {
	var known []string
	for n := unix.Signal(1); n <= lastSignal; n++ {
		if known = append(known, unix.SignalName(n)); unix.SignalName(n) == name {
			return n, nil
		}
	}
	return 0, fmt.Errorf("unknown signal %q: known are %s", name, strings.Join(known, ", "))
}
