package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
	"github.com/forkproof/forkproof/targets/sandbox"
)

const (
	wantedStart = 10 * time.Millisecond // more than without a sandbox
	wantedWhole = 1.3
	startRounds = 5
	startsEach  = 10
)

// startsWord, as the first argument, makes this program time starts: a process has
// one tier.
const startsWord = "starts"

// isolation compares the best tier with the lowest, in turn.
func isolation(ctx context.Context) ([]figure, error) {
	best := sandbox.Probe().Tier
	tiers := []sandbox.Tier{best, sandbox.SameUID}
	reference, err := catalog.Command(ctx, catalog.ReferenceName)
	if err != nil {
		return nil, err
	}
	starts, wholes := map[sandbox.Tier][]time.Duration{}, map[sandbox.Tier][]time.Duration{}
	for range startRounds {
		for _, tier := range tiers {
			took, err := startsOf(ctx, tier)
			if err != nil {
				return nil, err
			}
			starts[tier] = append(starts[tier], took...)
			one, err := check(ctx, reference.Args[0], "--isolation", string(tier))
			if err != nil {
				return nil, err
			}
			wholes[tier] = append(wholes[tier], one.wall)
		}
	}
	with, without := middle(starts[best]), middle(starts[sandbox.SameUID])
	ratio := middle(wholes[best]).Seconds() / middle(wholes[sandbox.SameUID]).Seconds()
	return []figure{
		{"start to first connection, " + string(best), with.String(), "", fmt.Sprintf("median of %d", len(starts[best]))},
		{"… more than " + string(sandbox.SameUID), (with - without).String(), "≤ " + wantedStart.String(), ""},
		{"check of the reference, " + string(best) + " / " + string(sandbox.SameUID), fmt.Sprintf("%.2f", ratio), fmt.Sprintf("≤ %.1f", wantedWhole), ""},
	}, nil
}

func middle(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2].Round(10 * time.Microsecond)
}

// startsOf times starts at a tier, in another process of this program.
func startsOf(ctx context.Context, tier sandbox.Tier) ([]time.Duration, error) {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", startsWord, string(tier))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("time starts at tier %s: %w", tier, err)
	}
	var all []time.Duration
	for text := range strings.FieldsSeq(string(output)) {
		one, err := time.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("time starts at tier %s: %w", tier, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// printStarts times starts of the reference, from nothing to the first
// connection, and prints one time for each.
func printStarts(ctx context.Context, tier sandbox.Tier) error {
	if err := sandbox.Select(tier); err != nil {
		return err
	}
	defer sandbox.CloseAll() // bench would inherit the parent of inits and never reap it
	command, err := catalog.Command(ctx, catalog.ReferenceName)
	if err != nil {
		return err
	}
	for range startsEach {
		took, err := timeStart(ctx, command)
		if err != nil {
			return err
		}
		fmt.Println(took)
	}
	return nil
}

func timeStart(ctx context.Context, command targets.Command) (took time.Duration, err error) {
	begin := time.Now()
	host, err := targets.NewHost(ctx, targets.DefaultLimits())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, host.Close()) }()
	server, err := host.Start(ctx, command)
	if err != nil {
		return 0, err
	}
	conn, err := server.Dial(ctx)
	if err != nil {
		return 0, err
	}
	took = time.Since(begin)
	return took, conn.Close()
}
