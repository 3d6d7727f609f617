package rule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/faults/trace"
)

// Parse reads a rule. What is not said is taken from defaults, of which At,
// Every, Times, Probability and Who count. The error is one sentence and lists
// what is known.
func Parse(text string, defaults Rule) (Rule, error) {
	r := defaults
	r.Text = text
	parts := strings.Split(text, ":")
	name, value, assigned := strings.Cut(parts[0], "=")
	var err error
	rest := parts[1:]
	if assigned {
		r.Action, err = action(name, value)
	} else {
		r.Action, rest, err = callAction(name, rest)
	}
	for _, part := range rest {
		if err == nil {
			err = r.option(part)
		}
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", text, err)
	}
	return r, nil
}

// callAction reads what is to be done to calls of a family. Of read, write and
// close those on sockets are meant, if no descriptor is named: a server reads
// and writes files, too.
func callAction(name string, parts []string) (Action, []string, error) {
	call := trace.Family(name)
	if !slices.Contains(trace.Families(), call) {
		return nil, nil, fmt.Errorf("unknown call %q: known are %s; other rules are %s",
			name, joined(trace.Families()), strings.Join(actionNames(), "=, ")+"=")
	}
	if len(parts) == 0 {
		return nil, nil, fmt.Errorf("say what is to be done to %s: error=ERRNO, short=BYTES, delay=DURATION or pass", name)
	}
	injection := trace.Injection{Family: call}
	if call == trace.Read || call == trace.Write || call == trace.Close {
		injection.On = trace.AnySocket()
	}
	what, value, _ := strings.Cut(parts[0], "=")
	var err error
	switch what {
	case "error":
		injection.Errno, err = parseErrno(value)
	case "short":
		var n uint64
		n, err = parseBytes(value)
		injection.Short = int(n)
		if err == nil && n == 0 {
			err = errors.New("short=0: a transfer can be cut to 1 byte or more")
		}
	case "delay":
		injection.Delay, err = parseDuration(parts[0])
	case "pass":
	default:
		err = fmt.Errorf("unknown action %q: known are error=ERRNO, short=BYTES, delay=DURATION, pass", parts[0])
	}
	return Call{injection}, parts[1:], err
}

// check says what makes no sense together.
func (r Rule) check() error {
	switch a := r.Action.(type) {
	case Call:
		if a.Short > 0 && a.Family != trace.Read && a.Family != trace.Write {
			return fmt.Errorf("only read and write can be shortened, not %s", a.Family)
		}
	case Signal:
		if a.After != "" && r.Every > 0 {
			return errors.New("it is sent after calls: every= is for what happens by the clock")
		}
	}
	if r.For > 0 && !r.holds() {
		return errors.New("for= is for limits: nofile, memory, processes")
	}
	return nil
}

// holds says whether the fault is one that lasts until it is undone.
func (r Rule) holds() bool {
	switch r.Action.(type) {
	case Descriptors, Memory, Processes:
		return true
	}
	return false
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, one := range list {
		words[i] = string(one)
	}
	return strings.Join(words, ", ")
}
