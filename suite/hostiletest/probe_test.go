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
	// doneLine is the line that a hostile server prints after its last attempt.
	doneLine = "hostile: done\n"
	// doneLimit limits how long the server may go without using the processor
	// before that line.
	doneLimit = 20 * time.Second
	// usedEvery is the interval between two looks at its processor time.
	usedEvery = 100 * time.Millisecond
)

// probe runs the server that its arguments name in the sandbox, connects to it
// once, waits for its last attempt, and prints its output.
func probe() error {
	tier, args := os.Args[1], os.Args[2:]
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
	err = attack(ctx, host, targets.Command{Args: args})
	if closeErr := host.Close(); err == nil {
		err = closeErr
	}
	return err
}

func attack(ctx context.Context, host *targets.Host, command targets.Command) error {
	server, err := host.Start(ctx, command)
	var silent *targets.NotListening
	if errors.As(err, &silent) && host.Overgrown() > 0 {
		fmt.Print(silent.Output) // it was ended before it listened
		return nil
	}
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	conn, err := server.Dial(ctx)
	if err == nil { // some attack only after the first client has connected
		_, _ = io.WriteString(conn, "hello\n")
		_ = conn.Close()
	}
	var used time.Duration
	looked, moved := time.Now(), time.Now()
	for ended := false; ; {
		text := server.Output().String()
		if strings.Contains(text, doneLine) || ended || time.Since(moved) > doneLimit {
			fmt.Print(text)
			if host.OutOfMemory() { // it was ended in the middle of its last try
				fmt.Print(doneLine)
			}
			return nil
		}
		ended = host.Empty() || host.Lost()
		if time.Since(looked) >= usedEvery {
			now, err := host.Look(0)
			if err != nil {
				return fmt.Errorf("look at the server: %w", err)
			}
			looked = time.Now()
			if cpu := now.CPU(); cpu != used {
				used, moved = cpu, looked
			}
		}
		<-time.After(time.Millisecond)
	}
}
