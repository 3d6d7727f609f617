package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forkproof/forkproof/internal/judge"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// rounds is how often each check is timed; the table shows the median.
const rounds = 5

const (
	wantedSeven = 2 * time.Second // without the chapter that injects faults
	wantedAll   = 3 * time.Second
	wantedRatio = 3.0
)

// slower are the faulty servers whose check takes longer than wantedRatio
// allows, each with the reason.
var slower = map[string]string{
	"busy-accept":   "it never sleeps, so forkproof waits before each client until it has used 5 ms of processor time",
	"child-lingers": "its children end by a timer of their own, which forkproof waits for",
}

// A run is the cost of one check of a server.
type run struct {
	wall, own time.Duration // own: processor time of forkproof without its servers
}

// checks times checks of the reference and of every faulty server, in turn.
func checks(ctx context.Context) ([]figure, error) {
	servers, err := catalog.Servers()
	if err != nil {
		return nil, err
	}
	paths, err := new(catalog.Builder).BuildAll(ctx, servers)
	if err != nil {
		return nil, err
	}
	seven, err := median(ctx, paths[catalog.ReferenceName], rounds, "--skip", "faults")
	if err != nil {
		return nil, err
	}
	reference, err := median(ctx, paths[catalog.ReferenceName], rounds)
	if err != nil {
		return nil, err
	}
	figures := []figure{
		{"check of the reference, all but faults", short(seven.wall), "≤ " + short(wantedSeven), ""},
		{"… of which forkproof's processor time", seven.share(), "< 50 %", ""},
		{"check of the reference, all chapters", short(reference.wall), "≤ " + short(wantedAll), ""},
		{"… of which forkproof's processor time", reference.share(), "", ""},
	}
	var slow []string
	worst, name := 0.0, ""
	for _, s := range servers {
		if s.Kind != catalog.Bad {
			continue
		}
		one, err := median(ctx, paths[s.Name], 1)
		if err != nil {
			return nil, err
		}
		ratio := one.wall.Seconds() / reference.wall.Seconds()
		if ratio > worst {
			worst, name = ratio, s.Name
		}
		if ratio > wantedRatio {
			slow = append(slow, fmt.Sprintf("%s %.1f: %s", s.Name, ratio, cmp.Or(slower[s.Name], "for an unknown reason")))
		}
	}
	return append(figures, figure{
		"check of the slowest faulty server / reference", fmt.Sprintf("%.1f (%s)", worst, name), "≤ 3",
		strings.Join(slow, "; "),
	}), nil
}

// share returns forkproof's own processor time in a check.
func (r run) share() string {
	return fmt.Sprintf("%s (%.0f %%)", short(r.own), 100*r.own.Seconds()/r.wall.Seconds())
}

func median(ctx context.Context, path string, n int, flags ...string) (run, error) {
	runs := make([]run, n)
	for i := range runs {
		var err error
		if runs[i], err = check(ctx, path, flags...); err != nil {
			return run{}, err
		}
	}
	slices.SortFunc(runs, func(a, b run) int { return int(a.wall - b.wall) })
	return runs[n/2], nil
}

// check judges one server with bin/forkproof, whatever the verdict.
func check(ctx context.Context, path string, flags ...string) (run, error) {
	o, err := judge.Check{Forkproof: "bin/forkproof", Flags: flags, Command: []string{path, targets.PortWord}}.Run(ctx)
	return run{o.Took, o.OwnProcessorTime}, err
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }
