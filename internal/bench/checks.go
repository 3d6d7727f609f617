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

	"github.com/forkproof/forkproof/targets/catalog"
)

// rounds is how often each check is timed; the median is told.
const rounds = 5

const (
	wantedCheck = 2 * time.Second
	wantedRatio = 3.0
)

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
	reference, err := median(ctx, paths[catalog.ReferenceName], rounds)
	if err != nil {
		return nil, err
	}
	figures := []figure{
		{"check of the reference, wall", short(reference.wall), "≤ " + short(wantedCheck), ""},
		{"… of which forkproof's processor time", fmt.Sprintf("%s (%.0f %%)", short(reference.own),
			100*reference.own.Seconds()/reference.wall.Seconds()), "< 50 %", ""},
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
			slow = append(slow, fmt.Sprintf("%s %.1f", s.Name, ratio))
		}
	}
	return append(figures, figure{
		"check of the slowest faulty server / reference", fmt.Sprintf("%.1f (%s)", worst, name), "≤ 3",
		strings.Join(slow, ", "),
	}), nil
}

func median(ctx context.Context, path string, n int) (run, error) {
	runs := make([]run, n)
	for i := range runs {
		var err error
		if runs[i], err = check(ctx, path); err != nil {
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
