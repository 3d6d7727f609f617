package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

const thousand = 1000

// crowd starts the reference with room for many children, connects n clients at
// the same time, and has each of them answered once. It returns how long that took.
func crowd(ctx context.Context, n int) (*targets.Host, []*clients.Client, time.Duration, error) {
	limits := targets.DefaultLimits()
	limits.Processes = 2 * n
	host, err := targets.NewHost(ctx, limits)
	if err != nil {
		return nil, nil, 0, err
	}
	command, err := catalog.Command(ctx, catalog.ReferenceName)
	if err != nil {
		return nil, nil, 0, errors.Join(err, host.Close())
	}
	server, err := host.Start(ctx, command)
	if err != nil {
		return nil, nil, 0, errors.Join(err, host.Close())
	}
	begin := time.Now()
	all := make([]*clients.Client, n)
	for i := range all {
		all[i] = clients.Connect(ctx, server, clients.Speak(protocol.NewEcho(1, i+1)))
		all[i].Send(protocol.Printable(uint64(i), 1<<10))
	}
	for _, c := range all {
		if _, err := c.Wait(ctx, "the reply", clients.History.Answered); err != nil {
			reset(all)
			return nil, nil, 0, errors.Join(err, host.Close())
		}
	}
	return host, all, time.Since(begin), nil
}

func reset(all []*clients.Client) {
	for _, c := range all {
		c.Reset()
	}
}

// manyClients measures a thousand clients that connect and echo at the same time.
func manyClients(ctx context.Context) ([]figure, error) {
	host, all, took, err := crowd(ctx, thousand)
	if err != nil {
		return nil, err
	}
	reset(all)
	return []figure{{
		"clients at once, each echoing 1 KiB", fmt.Sprintf("%d in %s", len(all), short(took)), "1000", "",
	}}, host.Close()
}

// census compares a look at a server with a thousand children with lsof and ss.
func census(ctx context.Context) ([]figure, error) {
	host, all, _, err := crowd(ctx, thousand)
	if err != nil {
		return nil, err
	}
	defer func() { _ = host.Close() }()
	defer reset(all)
	picture, err := host.Look(observe.Descriptors)
	if err != nil {
		return nil, err
	}
	pids := make([]string, len(picture.Processes))
	for i, p := range picture.Processes {
		pids[i] = strconv.Itoa(p.ID.PID)
	}
	look := best(func() error { _, err := host.Look(observe.Descriptors); return err })
	inside := []string{"nsenter", "-t", pids[0], "-n"}
	figures := []figure{{
		fmt.Sprintf("census of %d processes", len(pids)), short(look), "", "states, descriptors, sockets",
	}}
	for tool, args := range map[string][]string{
		"lsof": {"lsof", "-nP", "-p", strings.Join(pids, ",")},
		"ss":   {"ss", "-tanp"},
	} {
		wanted := map[string]string{"lsof": "≥ 5", "ss": "> 1"}[tool]
		if _, err := exec.LookPath(tool); err != nil {
			figures = append(figures, figure{tool + " / census", "not measured: " + tool + " is not installed", wanted, ""})
			continue
		}
		other := best(func() error {
			all := slices.Concat(inside, args)
			return exec.CommandContext(ctx, all[0], all[1:]...).Run()
		})
		figures = append(figures, figure{
			tool + " / census", fmt.Sprintf("%.1f", other.Seconds()/look.Seconds()), wanted, strings.Join(args[:2], " ") + " took " + short(other),
		})
	}
	return figures, nil
}

// best returns the time of the shortest of several runs, the least disturbed one.
func best(do func() error) time.Duration {
	shortest := time.Duration(1<<63 - 1)
	for range rounds {
		begin := time.Now()
		if err := do(); err != nil {
			return 0
		}
		shortest = min(shortest, time.Since(begin))
	}
	return shortest
}
