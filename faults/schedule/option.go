package schedule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/trace"
)

// An option may follow a fault, as :NAME=VALUE.
type option struct {
	name, value string
	does        string
	set         func(r *Rule, value string) error
}

// options are all of them, in the order in which the help lists them. Those that
// package faults names are only for the faults that take them.
var options = []option{
	{"times", "K", "at most K times", func(r *Rule, text string) (err error) {
		if r.Times, err = strconv.Atoi(text); err != nil || r.Times < 1 {
			err = fmt.Errorf("times=%s: give a number from 1", text)
		}
		return err
	}},
	{"at", "DURATION", "begin so long after the server listens", func(r *Rule, text string) (err error) {
		r.At, err = value.Duration("at", text)
		return err
	}},
	{"every", "DURATION", "begin again; a rule about calls hits once", func(r *Rule, text string) (err error) {
		r.Every, err = value.Duration("every", text)
		return err
	}},
	{"probability", "P", "of each hit, above 0 and up to 1", func(r *Rule, text string) (err error) {
		if r.Probability, err = strconv.ParseFloat(text, 64); err != nil || !(r.Probability > 0 && r.Probability <= 1) {
			err = fmt.Errorf("probability=%s: give a number above 0 and up to 1", text)
		}
		return err
	}},
	{"who", "all|server|child", "the processes; server is the one that listens", func(r *Rule, text string) error {
		if r.Scope = Scope(text); !slices.Contains([]Scope{All, Server, Child}, r.Scope) {
			return fmt.Errorf("unknown processes %q: known are all, server, child", text)
		}
		return nil
	}},
	{string(faults.FD), "N|any|socket", "the descriptor (accept, read, write, close)", setDescriptor},
	{string(faults.For), "DURATION", "how long a limit lasts", setFor},
}

func (r *Rule) parseOption(part string) error {
	name, text, _ := strings.Cut(part, "=")
	i := slices.IndexFunc(options, func(o option) bool { return o.name == name })
	if i < 0 {
		var names []string
		for _, o := range options {
			names = append(names, o.name+"=")
		}
		slices.Sort(names)
		return fmt.Errorf("unknown option %q: known are %s", part, strings.Join(names, ", "))
	}
	return options[i].set(r, text)
}

// setFor reads how long a fault lasts.
func setFor(r *Rule, text string) (err error) {
	if !r.Kind.Takes(faults.For) {
		var limits []string
		for _, k := range others() {
			if k.Takes(faults.For) {
				limits = append(limits, k.Name)
			}
		}
		return fmt.Errorf("for= is for limits: %s", strings.Join(limits, ", "))
	}
	r.For, err = value.Duration("for", text)
	return err
}

// setDescriptor reads a descriptor number, or any, or socket.
func setDescriptor(r *Rule, text string) error {
	if !r.Kind.Takes(faults.FD) || !r.Injection.Family.OnDescriptor() {
		return fmt.Errorf("fd=%s: only accept, read, write and close are called on a descriptor", text)
	}
	switch text {
	case "any":
		r.Injection.On = nil
	case "socket":
		r.Injection.On = trace.AnySocket()
	default:
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return fmt.Errorf("fd=%s: give a number, or any, or socket", text)
		}
		r.Injection.On = trace.Descriptor(int(n))
	}
	return nil
}
