package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
)

// Parse reads a rule. What the rule does not say comes from defaults: its At,
// Every, Times, Probability and Scope. The error is one sentence and lists what is
// known.
func Parse(text string, defaults Rule) (Rule, error) {
	r := defaults
	r.Text = text
	parts := strings.Split(text, ":")
	name, value, assigned := strings.Cut(parts[0], "=")
	var err error
	rest := parts[1:]
	if assigned {
		err = r.parseFault(name, value)
	} else {
		rest, err = r.parseCall(name, rest)
	}
	for _, part := range rest {
		if err == nil {
			err = r.parseOption(part)
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

// parseFault reads a rule NAME=VALUE.
func (r *Rule) parseFault(name, value string) (err error) {
	kind, found := find(others(), name)
	if !found {
		return fmt.Errorf("unknown rule %q: known are %s, and CALL:ACTION, where CALL is %s",
			name+"=", assignments(), trace.FamilyNames())
	}
	if value == "" {
		return errors.New("nothing follows the =")
	}
	r.Kind = kind
	r.Action, err = kind.Make(value)
	return err
}

// parseCall reads a rule CALL:ACTION, and returns the parts that remain. Without
// fd= the calls of read, write and close are those on sockets: a server reads and
// writes files, too.
func (r *Rule) parseCall(name string, parts []string) (rest []string, err error) {
	family, err := trace.ParseFamily(name)
	if err != nil {
		return nil, fmt.Errorf("%w; other rules are %s", err, assignments())
	}
	actions := usages(ofCalls())
	if len(parts) == 0 {
		return nil, fmt.Errorf("say what is to be done to %s: %s", name, strings.Join(actions, ", "))
	}
	action, value, _ := strings.Cut(parts[0], "=")
	kind, found := find(ofCalls(), action)
	if !found {
		return nil, fmt.Errorf("unknown action %q: known are %s", parts[0], strings.Join(actions, ", "))
	}
	r.Kind = kind
	r.Injection = trace.Injection{Family: family}
	if family.Transfers() || family == trace.Close {
		r.Injection.On = trace.AnySocket()
	}
	return parts[1:], kind.Change(&r.Injection, value)
}

// check returns what makes no sense together.
func (r Rule) check() error {
	switch {
	case r.Kind.Change != nil:
		return r.Injection.Check()
	case r.Action.After != "" && r.Every > 0:
		return errors.New("it is sent after calls: every= is for what happens by the clock")
	}
	return nil
}

// ofCalls returns the faults in system calls, others all other faults.
func ofCalls() []faults.Kind {
	return slices.DeleteFunc(faults.Kinds(), func(k faults.Kind) bool { return k.Change == nil })
}

func others() []faults.Kind {
	return slices.DeleteFunc(faults.Kinds(), func(k faults.Kind) bool { return k.Make == nil })
}

func find(kinds []faults.Kind, name string) (faults.Kind, bool) {
	i := slices.IndexFunc(kinds, func(k faults.Kind) bool { return k.Name == name })
	if i < 0 {
		return faults.Kind{}, false
	}
	return kinds[i], true
}

// usages returns how a rule names each of some faults: "error=ERRNO".
func usages(kinds []faults.Kind) (list []string) {
	for _, k := range kinds {
		list = append(list, k.Usages()...)
	}
	return list
}

// assignments lists the rules NAME=VALUE for a message: "client=, crowd=, …".
func assignments() string {
	var names []string
	for _, k := range others() {
		names = append(names, k.Name+"=")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
