package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

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
