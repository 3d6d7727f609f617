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
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

const thousand = 1000

// crowd starts the reference with room for many children and connects n
// clients, each echoing once.
func crowd(ctx context.Context, n int) (*targets.Host, clients.Group, time.Duration, error) {
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
	group, err := clients.ConnectAll(ctx, server, n)
	if err != nil {
		return nil, nil, 0, errors.Join(err, host.Close())
	}
	group.Say(func(i int) clients.Payload { return clients.Printable(uint64(i), 1<<10) })
	if _, err := group.Wait(ctx, "every client is answered", clients.History.Answered); err != nil {
		group.Reset()
		return nil, nil, 0, errors.Join(err, host.Close())
	}
	return host, group, time.Since(begin), nil
}

// manyClients has a thousand clients connected at once, each echoing.
func manyClients(ctx context.Context) ([]figure, error) {
	host, group, took, err := crowd(ctx, thousand)
	if err != nil {
		return nil, err
	}
	group.Reset()
	return []figure{{
		"clients at once, each echoing 1 KiB", fmt.Sprintf("%d in %s", len(group), short(took)), "1000", "",
	}}, host.Close()
}

// census compares a look at a server with a thousand children with what lsof
// and ss take for the same.
func census(ctx context.Context) ([]figure, error) {
	host, group, _, err := crowd(ctx, thousand)
	if err != nil {
		return nil, err
	}
	defer func() { _ = host.Close() }()
	defer group.Reset()
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

// best is the shortest of several runs: what is left when nothing else ran.
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
