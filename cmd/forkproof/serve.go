package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

func newServe() *cobra.Command {
	port := 0
	cmd := &cobra.Command{
		Use:   "serve NAME",
		Short: "Run a built-in server by hand; forkproof list targets names them",
		Long: `serve runs a built-in server, correct or faulty, on a port of this machine until
it ends or is interrupted. Then it ends every process of the server.`,
		Example: "  forkproof serve parent-keeps-connection --port 7007",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("serve takes the name of one built-in server: forkproof list targets names them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return serve(cmd.Context(), args[0], port) },
	}
	cmd.Flags().IntVar(&port, "port", 7007, "TCP port to listen on")
	return cmd
}

func serve(ctx context.Context, name string, port int) error {
	if port < 1 || port > 65535 {
		return usage("--port %d: a TCP port is a number from 1 to 65535", port)
	}
	if err := checkPort(port); err != nil {
		return err
	}
	command, err := catalog.Command(ctx, name)
	if err != nil {
		return &usageError{err}
	}
	status, err := targets.RunByHand(ctx, command, uint16(port))
	if err != nil {
		return err
	}
	interrupted.wait()
	return fmt.Errorf("the server ended: %s", targets.Describe(status))
}

// checkPort returns an error of one sentence if the port cannot be used.
func checkPort(port int) error {
	listener, err := net.Listen("tcp4", net.JoinHostPort("", strconv.Itoa(port)))
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return usage("port %d is in use: choose another with --port", port)
	case errors.Is(err, unix.EACCES):
		return usage("port %d needs root: choose one above 1023 with --port", port)
	case err != nil:
		return usage("port %d cannot be used: %w", port, err)
	}
	return listener.Close()
}
