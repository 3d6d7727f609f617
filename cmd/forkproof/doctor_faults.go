package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
)

// probeLimit guards against a probe that does not end.
const probeLimit = 10 * time.Second

// faultSymptoms tries each entry of the table of faults on a sleeping process:
// faults in system calls, and those that take a network, on one of a host that
// check uses; all others on one of the machine's network, as inject runs servers.
func faultSymptoms(ctx context.Context, host *targets.Host, picture observe.Picture) []symptom {
	if len(picture.Processes) != 1 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	apart := faults.Probe{Process: faults.Process(picture.Processes[0].ID), Socket: -1}
	if socket, err := host.Socket(limited); err == nil {
		defer func() { _ = unix.Close(socket) }()
		apart.Socket = socket
	}
	shared, closeShared := sharedProbe(limited, apart)
	defer closeShared()
	calls := symptom{what: "faults in system calls", found: "can be injected (ptrace) into 64-bit servers; of a 32-bit server what needs them is an error"}
	var available []string
	var limits []symptom
	for _, kind := range faults.Kinds() {
		probe := shared
		if kind.Change != nil || kind.OwnNetwork {
			probe = apart
		}
		s := checkFault(limited, kind, probe)
		switch {
		case kind.Change != nil && s.remedy != "":
			calls.found = s.found + ": requirements of the chapter faults that need it will be errors, all others are judged"
			calls.remedy = s.remedy
		case kind.Change != nil:
		case s.remedy != "":
			limits = append(limits, s)
		default:
			available = append(available, kind.Name)
		}
	}
	others := symptom{what: "other faults", found: fmt.Sprintf("%s can be injected", strings.Join(available, ", "))}
	return append([]symptom{calls, others}, limits...)
}

// checkFault returns a symptom without a remedy when the fault can be had.
func checkFault(ctx context.Context, kind faults.Kind, probe faults.Probe) symptom {
	s := symptom{what: "fault " + kind.Name}
	if kind.Check == nil {
		return s
	}
	err := kind.Check(ctx, probe)
	var unavailable *faults.Unavailable
	switch {
	case errors.As(err, &unavailable):
		s.found, s.remedy = unavailable.Reason, unavailable.Remedy
	case err != nil:
		s.found, s.remedy = err.Error(), "run forkproof as root, or allow user namespaces"
	}
	return s
}

// sharedProbe starts a sleeping process on the machine's network; where it cannot,
// it returns the other probe.
func sharedProbe(ctx context.Context, other faults.Probe) (probe faults.Probe, closeHost func()) {
	limits := targets.DefaultLimits()
	limits.Start = time.Millisecond // it will not listen
	host, err := targets.NewSharedHost(ctx, limits, 0)
	if err != nil {
		return other, func() {}
	}
	_, _ = host.StartByHand(ctx, targets.Command{Args: []string{"sleep", "1000"}}, targets.Streams{Out: io.Discard}) // the error is that it does not listen
	picture, err := host.Look(0)
	if err != nil || len(picture.Processes) != 1 {
		return other, func() { _ = host.Close() }
	}
	return faults.Probe{Process: faults.Process(picture.Processes[0].ID), Socket: -1}, func() { _ = host.Close() }
}
