package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// A symptom is one thing that forkproof needs of a machine, or is better with.
type symptom struct {
	what   string
	needed bool // nothing can be judged without it
	found  string
	remedy string // empty: all is well
}

func newDoctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine allows, and what is missing",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			symptoms := examine(cmd.Context())
			if err := print(cmd.OutOrStdout(), symptoms); err != nil {
				return err
			}
			for _, s := range symptoms {
				if s.needed && s.remedy != "" {
					return exitCode(exitNotJudged)
				}
			}
			return nil
		},
	}
}

func examine(ctx context.Context) []symptom {
	return append([]symptom{compiler(), isolation(), descriptors()}, observation(ctx)...)
}

func compiler() symptom {
	s := symptom{what: "C compiler"}
	name := os.Getenv("CC")
	if name == "" {
		name = "cc"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		s.found = "none: the built-in servers cannot be built; check -- CMD works without"
		s.remedy = "install one, e.g. apt-get install gcc libc6-dev"
		return s
	}
	s.found = path
	return s
}

func isolation() symptom {
	found := sandbox.Probe()
	s := symptom{what: "isolation", found: found.String()}
	if len(found.Bounds) > 0 {
		s.found += "; processes bounded by " + strings.Join(found.Bounds, ", ")
	}
	switch found.Tier {
	case sandbox.Full:
	case sandbox.Namespaces:
		s.found += "; " + found.Reason
	default:
		s.remedy = "allow namespaces; see Isolation in the README. " + found.Reason
	}
	return s
}

// wantedDescriptors is what a check of a hundred clients needs, with room.
const wantedDescriptors = 1024

func descriptors() symptom {
	s := symptom{what: "open descriptors", needed: true}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		s.found, s.remedy = err.Error(), "allow getrlimit(2)"
		return s
	}
	s.found = fmt.Sprintf("up to %d", limit.Max)
	if limit.Max < wantedDescriptors {
		s.remedy = fmt.Sprintf("raise the hard limit to %d (ulimit -Hn)", wantedDescriptors)
	}
	return s
}

// observation starts a sleeping process and looks at it as at a server.
func observation(ctx context.Context) []symptom {
	init := symptom{what: "init of a server", needed: true, found: "starts"}
	limits := targets.DefaultLimits()
	limits.Start = time.Millisecond // it will not listen
	host, err := targets.NewHost(ctx, limits)
	if err != nil {
		init.found, init.remedy = err.Error(), "allow clone(2), prctl(2) and unix sockets"
		return []symptom{init}
	}
	defer func() { _ = host.Close() }()
	look := symptom{what: "/proc of a server", needed: true, found: "descriptors, states, signals and blocked calls can be read"}
	_, startErr := host.Start(ctx, targets.Command{Args: []string{"sleep", "1000"}})
	picture, err := host.Look(observe.Everything)
	switch {
	case err != nil:
		look.found, look.remedy = err.Error(), "mount /proc without hidepid"
	case len(picture.Processes) != 1:
		look.found, look.remedy = fmt.Sprintf("a started process is not seen (%v)", startErr), "mount /proc without hidepid"
	case picture.Processes[0].Unreadable != nil:
		look.found = picture.Processes[0].Unreadable.Error()
		look.remedy = "allow ptrace access to own processes (kernel.yama.ptrace_scope below 3; a container needs the default or SYS_PTRACE)"
	}
	return append([]symptom{init, look}, faultSymptoms(ctx, host, picture)...)
}

func print(w io.Writer, symptoms []symptom) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, s := range symptoms {
		state := "ok"
		if s.remedy != "" {
			state = "limited"
			if s.needed {
				state = "MISSING"
			}
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\n", state, s.what, s.found)
		if s.remedy != "" {
			_, _ = fmt.Fprintf(table, "\t\tdo: %s\n", s.remedy)
		}
	}
	return table.Flush()
}

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
