package rule

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/faults/trace"
)

// actions are the rules of the form NAME=VALUE.
var actions = map[string]func(value string) (Action, error){
	"signal": signalAction,
	"nofile": func(value string) (Action, error) {
		if value == "full" {
			return Descriptors{Full: true}, nil
		}
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("nofile=%s: give a number of descriptors, or full for those that are open", value)
		}
		return Descriptors{Limit: n}, nil
	},
	"memory": func(value string) (Action, error) { n, err := parseBytes(value); return Memory{n}, err },
	"processes": func(value string) (Action, error) {
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("processes=%s: give a number", value)
		}
		return Processes{n}, nil
	},
	"freeze": func(value string) (Action, error) { d, err := parseDuration("freeze=" + value); return Freeze{d}, err },
	"loopback": func(value string) (Action, error) {
		d, err := parseDuration("loopback=" + value)
		return Loopback{d}, err
	},
	"crowd": func(value string) (Action, error) { d, err := parseDuration("crowd=" + value); return Crowd{d}, err },
	"client": func(value string) (Action, error) {
		if known := []Leave{Reset, Vanish}; !slices.Contains(known, Leave(value)) {
			return nil, fmt.Errorf("unknown way to leave %q: known are %s", value, joined(known))
		}
		return Client{Leave(value)}, nil
	},
}

func actionNames() []string { return slices.Sorted(maps.Keys(actions)) }

func action(name, value string) (Action, error) {
	read, found := actions[name]
	if !found {
		return nil, fmt.Errorf("unknown rule %q: known are %s=, and CALL:ACTION, where CALL is %s",
			name+"=", strings.Join(actionNames(), "=, "), joined(trace.Families()))
	}
	if value == "" {
		return nil, errors.New("nothing follows the =")
	}
	return read(value)
}

// signalAction reads NAME or NAME@EVENT, where EVENT is a family of calls, or
// start.
func signalAction(value string) (Action, error) {
	name, event, at := strings.Cut(value, "@")
	signal, err := parseSignal(name)
	if err != nil || !at || event == "start" {
		return Signal{Signal: signal}, err
	}
	if !slices.Contains(trace.Families(), trace.Family(event)) {
		return nil, fmt.Errorf("unknown event %q: known are start, %s", event, joined(trace.Families()))
	}
	return Signal{signal, trace.Family(event)}, nil
}
