package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets"
)

// acceptWord is the hidden command that accepts in the place of a program that speaks on
// its standard input and output.
const acceptWord = "accept-for"

// acceptor returns the command before that of such a program.
func (f checkFlags) acceptor(cmd *cobra.Command, args []string) ([]string, error) {
	switch {
	case len(args) == 0:
		return nil, usage("--inetd: give the program after --, as in: %s --inetd -- cat", cmd.CommandPath())
	case cmd.Flags().Changed("model") && f.model != string(harness.Forking):
		return nil, usage("--inetd and --model %s exclude each other: each client has a process of its own", f.model)
	case f.chaos > 0:
		return nil, usage("--inetd and --chaos exclude each other: faults would meet forkproof itself")
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program of forkproof: %w", err)
	}
	return []string{self, acceptWord, targets.PortWord, "--"}, nil
}

// newAcceptFor returns the hidden command that listens on a port and starts a program for
// each client, with the connection as its descriptors 0, 1 and 2, as inetd does (nowait).
func newAcceptFor() *cobra.Command {
	return &cobra.Command{
		Use:    acceptWord + " PORT -- CMD ARG...",
		Short:  "Accept clients and start a program for each, as inetd does",
		Hidden: true,
		Args:   cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			port, err := strconv.ParseUint(args[0], 10, 16)
			if err != nil {
				return usage("%q is no port", args[0])
			}
			return acceptFor(int(port), targets.Command{Args: args[1:]})
		},
	}
}

// acceptPause is how long it pauses after accept has failed.
const acceptPause = 10 * time.Millisecond

func acceptFor(port int, program targets.Command) error {
	path, err := program.Program()
	if err != nil {
		return &usageError{err}
	}
	listener, err := listen(port)
	if err != nil {
		return fmt.Errorf("listen on port %d: %w", port, err)
	}
	for {
		connection, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
		if err != nil {
			poll.Pause(context.Background(), acceptPause) // that client left, or there is no descriptor until another leaves
			continue
		}
		serveBy(path, program.Args, os.NewFile(uintptr(connection), "connection"))
	}
}

// listen returns a socket that listens on a port of every address, and blocks.
func listen(port int) (int, error) {
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(listener, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	if err := unix.Bind(listener, &unix.SockaddrInet4{Port: port}); err != nil {
		return 0, err
	}
	return listener, unix.Listen(listener, unix.SOMAXCONN)
}

// serveBy starts the program for a connection, and waits for it elsewhere.
func serveBy(path string, args []string, connection *os.File) {
	started, err := os.StartProcess(path, args, &os.ProcAttr{Files: []*os.File{connection, connection, connection}})
	_ = connection.Close()
	if err != nil {
		return // the client sees the end
	}
	crash.Go(func() { _, _ = started.Wait() })
}
