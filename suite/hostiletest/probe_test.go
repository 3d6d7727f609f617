package hostiletest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

const (
	// doneLine is what a hostile server prints when it has tried everything.
	doneLine = "hostile: done\n"
	// doneLimit guards against one that never has.
	doneLimit = 20 * time.Second
)

// probe runs the server that its arguments name in the sandbox, is its client
// once, waits until it has tried everything, and prints what it wrote.
func probe() error {
	tier, path := os.Args[1], os.Args[2]
	ctx, cancel := context.WithTimeout(context.Background(), doneLimit)
	defer cancel()
	defer sandbox.CloseAll()
	if err := sandbox.Select(sandbox.Tier(tier)); err != nil {
		return err
	}
	host, err := targets.NewHost(ctx, targets.DefaultLimits())
	if err != nil {
		return err
	}
	err = attack(ctx, host, targets.Command{Args: []string{path, targets.PortWord}})
	if closeErr := host.Close(); err == nil {
		err = closeErr
	}
	return err
}

func attack(ctx context.Context, host *targets.Host, command targets.Command) error {
	server, err := host.Start(ctx, command)
	var silent *targets.NotListening
	if errors.As(err, &silent) && host.Overgrown() > 0 {
		fmt.Print(silent.Output) // it was ended before it was seen to listen
		return nil
	}
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	conn, err := server.Dial(ctx)
	if err == nil { // some attack their first client's server
		_, _ = io.WriteString(conn, "hello\n")
		_ = conn.Close()
	}
	for ended := false; ; {
		text := server.Output().String()
		if strings.Contains(text, doneLine) || ended || ctx.Err() != nil {
			fmt.Print(text)
			return nil
		}
		ended = host.Empty() || host.Lost()
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
		}
	}
}
