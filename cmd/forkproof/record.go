package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/suite/record"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// recordFlags are those of the command record.
type recordFlags struct {
	out, name string
	target    string
	port      int
	sandbox   sandboxFlags
}

func newRecord() *cobra.Command {
	var f recordFlags
	cmd := &cobra.Command{
		Use:   "record --out FILE -- CMD ARG...",
		Short: "Write a dialogue file from a session by hand",
		Long: `record starts the server that CMD names, and a port in front of it. Talk to that
port with nc, curl or any client: each connection becomes a kind of client.
Ctrl-C ends the session. Then the same is said twice to a fresh server, what
differs is left open, and the dialogue is written, for forkproof check.

A protocol with further connections, such as the data of FTP, goes past it.

Exit status: 0 written, 2 wrong usage, 3 nothing could be written.`,
		Example: `  forkproof record --out schedule.yaml --port 7007 -- ./schedule {port}
  nc 127.0.0.1 7007
  forkproof check --dialogue schedule.yaml -- ./schedule {port}`,
		Args: commandAfterDash,
		RunE: f.record,
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.out, "out", "o", "", "dialogue `FILE` to write; it must not exist")
	flags.StringVar(&f.target, "target", "", "talk to the built-in server `NAME` instead of CMD")
	flags.StringVar(&f.name, "name", "", "what the dialogue calls the server; without it, its command")
	flags.IntVar(&f.port, "port", 0, "TCP port to talk to; 0: a free one")
	f.sandbox.add(flags)
	completeTargets(cmd)
	return cmd
}

func (f *recordFlags) record(cmd *cobra.Command, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	command, err := f.server(cmd, args)
	if err != nil {
		return err
	}
	f.sandbox.apply(&command)
	talks, err := f.listen(cmd, command)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), "noted %s; the same is said again to fresh servers\n", harness.Count(len(talks), "connection"))
	config := harness.Config{Command: command, Model: harness.AnyModel, Protocol: harness.Silent, Seed: drawSeed(), Limits: harness.DefaultLimits()}
	config.Limits.MemoryBytes, config.Limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	d, notes, err := record.Draft(cmd.Context(), config, talks)
	interrupted.wait()
	if err != nil {
		return err
	}
	if d.Name = f.name; d.Name == "" {
		d.Name = command.Short()
	}
	if err := write(f.out, "# forkproof record wrote this of a session; docs/protocols.md describes the format.\n"+comments(notes)+string(d.YAML())); err != nil {
		return err
	}
	for _, note := range notes {
		complain(errors.New(note))
	}
	words := append([]string{"forkproof", "check", "--dialogue", f.out, "--"}, args...)
	if f.target != "" {
		words = append(words[:4], "--target", f.target)
	}
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), "wrote %s, with %s of client; judge a server by it: %s\n",
		f.out, harness.Count(len(d.Kinds), "kind"), report.CommandLine(words))
	return nil
}

// server returns the command of the server to talk to.
func (f *recordFlags) server(cmd *cobra.Command, args []string) (targets.Command, error) {
	if f.target == "" {
		return ownServer(cmd, args)
	}
	command, err := catalog.Command(cmd.Context(), f.target)
	if err != nil {
		return command, &usageError{err}
	}
	return command, nil
}

// check returns what is wrong with the flags.
func (f *recordFlags) check(args []string) error {
	switch _, err := os.Lstat(f.out); {
	case f.out == "":
		return usage("no file was given: forkproof record --out talk.yaml -- ./server {port}")
	case err == nil:
		return usage("--out %s: the file exists: name another one, or remove it", f.out)
	case len(args) > 0 && f.target != "":
		return usage("--target %s and a command after -- exclude each other", f.target)
	case len(args) == 0 && f.target == "":
		return usage("no server was given: name it after --, as in: forkproof record --out %s -- ./server {port}", f.out)
	case f.port < 0 || f.port > 65535:
		return usage("--port %d: a TCP port is a number from 1 to 65535", f.port)
	}
	return f.sandbox.check()
}

// listen passes on what clients and the server say until the session is ended, and ends
// the server.
func (f *recordFlags) listen(cmd *cobra.Command, command targets.Command) ([]record.Talk, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: f.port})
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return nil, usage("port %d is in use: choose another with --port", f.port)
	case err != nil:
		return nil, usage("--port %d: %w", f.port, err)
	}
	defer func() { _ = listener.Close() }()
	limits := targets.DefaultLimits()
	limits.MemoryBytes, limits.DiskBytes = int64(f.sandbox.memory), int64(f.sandbox.disk)
	host, err := targets.NewSharedHost(cmd.Context(), limits, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = host.Close() }()
	output := report.NewEscaper(cmd.OutOrStdout())
	server, err := host.StartByHand(cmd.Context(), command, targets.Streams{Out: output})
	var silent *targets.NotListening
	switch {
	case errors.As(err, &silent):
		return nil, errors.New(report.Line(silent.Reason))
	case err != nil:
		return nil, err
	}
	ctx, stop := context.WithCancel(cmd.Context())
	defer stop()
	interrupted.once(stop)
	crash.Go(func() {
		select {
		case <-host.Ended():
			complain(errors.New("the server ended, and with it the session"))
			stop()
		case <-ctx.Done():
		}
	})
	_, _ = fmt.Fprintf(cmd.OutOrStdout(), "talk to the server at %v, as in: nc 127.0.0.1 %d\nCtrl-C ends the session and writes %s\n",
		listener.Addr(), listener.Addr().(*net.TCPAddr).Port, f.out)
	var relay record.Relay
	relay.Run(ctx, listener, server)
	talks, err := relay.Talks()
	if len(talks) > 0 && err != nil {
		complain(fmt.Errorf("a client could not be connected to the server: %w", err))
	}
	return talks, nil
}

// comments returns notes as comments of a file.
func comments(notes []string) string {
	var b strings.Builder
	for _, note := range notes {
		fmt.Fprintf(&b, "# %s\n", report.Line(note))
	}
	return b.String()
}

// write writes a new file.
func write(file, text string) error {
	out, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = out.WriteString(text)
	return errors.Join(err, out.Close())
}
