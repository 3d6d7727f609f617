package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/catalog"
)

// rounds is how often each check is timed; the median is told.
const rounds = 5

const (
	wantedSeven = 2 * time.Second // without the chapter that injects faults
	wantedAll   = 3 * time.Second
	wantedRatio = 3.0
)

// slower are the faulty servers whose check is known to take longer than
// wantedRatio allows, and why that is no time-out.
var slower = map[string]string{
	"busy-accept":   "it never rests, so before each client it is given 5 ms of processor time to",
	"child-lingers": "its children end by a timer of their own, which is waited for",
}

// A run is what one check of a server cost.
type run struct {
	wall, own time.Duration // own: processor time of forkproof without its servers
}

// checks times a check of the reference and of every faulty server, in turn.
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
			slow = append(slow, fmt.Sprintf("%s %.1f: %s", s.Name, ratio, cmp.Or(slower[s.Name], "why is not known")))
		}
	}
	return append(figures, figure{
		"check of the slowest faulty server / reference", fmt.Sprintf("%.1f (%s)", worst, name), "≤ 3",
		strings.Join(slow, "; "),
	}), nil
}

// share is forkproof's part of a check, in words.
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

// check judges one server with bin/forkproof. The verdict does not matter here.
func check(ctx context.Context, path string, flags ...string) (run, error) {
	cmd := exec.CommandContext(ctx, "bin/forkproof", slices.Concat([]string{"check", "--quiet"}, flags, []string{"--", path, "{port}"})...)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return run{}, err
	}
	// Once it has ended and before it is reaped, /proc tells its own processor
	// time apart from that of its children.
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		return run{}, fmt.Errorf("wait for forkproof: %w", err)
	}
	wall := time.Since(begin)
	own, err := processorTime(cmd.Process.Pid)
	if err != nil {
		return run{}, err
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return run{}, err
	}
	return run{wall, own}, nil
}

// processorTime is what a process itself used, in ticks of 10 ms.
func processorTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		return 0, fmt.Errorf("read the processor time of %d: %w", pid, err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

func short(d time.Duration) string { return d.Round(time.Millisecond).String() }
