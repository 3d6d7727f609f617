package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

const (
	loadTime   = time.Second // of each measurement of a rate
	loaders    = 4           // clients at once
	echoesEach = 50          // of one connection
	dropLimit  = 10 * time.Second
	armings    = 101 // of each kind, in turn
)

// noStrace is told where there is nothing to compare with.
const noStrace = "not measured: strace is not installed (apt-get install strace)"

// injection compares faults that are injected into a running server with
// strace doing the same.
func injection(ctx context.Context) ([]figure, error) {
	host, server, target, err := reference(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = host.Close() }()
	_, missing := exec.LookPath("strace")
	var ours, theirs []time.Duration
	for range armings { // in turn, so that both meet the same noise
		if err := timed(&ours, func() error { return failOneFork(ctx, server, target) }); err != nil {
			return nil, err
		}
		if missing != nil {
			continue
		}
		if err := timed(&theirs, func() error { return straceOneFork(ctx, server, target) }); err != nil {
			return nil, err
		}
	}
	figures := compared(ours, theirs)
	rates, err := echoRates(ctx, server, target)
	return append(figures, rates...), err
}

// compared tells what two ways to do the same took, in turn: strace's is
// missing where there is none. The ratio is that of each turn, since both meet
// the same noise then; the median of them is told, and in the note the ratio
// of the two shortest times.
func compared(ours, theirs []time.Duration) []figure {
	what := "strace -p, the same / forkproof"
	ratios := make([]float64, len(theirs))
	for i := range theirs {
		ratios[i] = theirs[i].Seconds() / ours[i].Seconds()
	}
	slices.Sort(ratios)
	slices.Sort(ours)
	slices.Sort(theirs)
	own := figure{"arm, fail one fork, detach", fine(ours[armings/2]), "", "with the client that is dropped; shortest " + fine(ours[0])}
	if len(theirs) == 0 {
		return []figure{own, {what, noStrace, "≥ 8", ""}}
	}
	return []figure{own, {
		what, fmt.Sprintf("%.1f", ratios[armings/2]), "≥ 8",
		fmt.Sprintf("strace took %s, shortest %s; shortest / shortest %.1f",
			fine(theirs[armings/2]), fine(theirs[0]), theirs[0].Seconds()/ours[0].Seconds()),
	}}
}

func reference(ctx context.Context) (*targets.Host, *targets.Server, faults.Process, error) {
	host, err := targets.NewHost(ctx, targets.DefaultLimits())
	if err != nil {
		return nil, nil, faults.Process{}, err
	}
	command, err := catalog.Command(ctx, catalog.ReferenceName)
	if err != nil {
		return nil, nil, faults.Process{}, errors.Join(err, host.Close())
	}
	server, err := host.Start(ctx, command)
	if err != nil {
		return nil, nil, faults.Process{}, errors.Join(err, host.Close())
	}
	picture, err := server.Look(observe.Descriptors)
	if err != nil || len(picture.Listening()) == 0 {
		return nil, nil, faults.Process{}, errors.Join(fmt.Errorf("find the server's process: %w", err), host.Close())
	}
	id := picture.Listening()[0].Process
	return host, server, faults.Process{PID: id.PID, Start: id.Start}, nil
}

// failOneFork arms, has a client dropped for it, and waits until nothing is traced.
func failOneFork(ctx context.Context, server *targets.Server, target faults.Process) error {
	armed, err := trace.Inject(ctx, []faults.Process{target}, trace.Injection{Family: trace.Fork, Errno: unix.EAGAIN, Times: 1})
	if err != nil {
		return err
	}
	if err := beDropped(ctx, server); err != nil {
		return errors.Join(err, armed.Undo())
	}
	<-armed.Done()
	return nil
}

// straceOneFork does the same with strace.
func straceOneFork(ctx context.Context, server *targets.Server, target faults.Process) error {
	detach, err := strace(ctx, target, "-e", "trace=clone", "-e", "inject=clone:error=EAGAIN:when=1")
	if err != nil {
		return err
	}
	return errors.Join(beDropped(ctx, server), detach())
}

// strace attaches, and returns when it has said so.
func strace(ctx context.Context, target faults.Process, args ...string) (detach func() error, err error) {
	cmd := exec.CommandContext(ctx, "strace", append([]string{"-o", os.DevNull, "-p", strconv.Itoa(target.PID)}, args...)...)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(said)
	line, err := lines.ReadString('\n')
	if err != nil || !strings.Contains(line, "attached") {
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("strace said %q: %w", line, errors.Join(err, cmd.Wait()))
	}
	return func() error {
		if err := cmd.Process.Signal(unix.SIGINT); err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, lines)
		_ = cmd.Wait() // it ends by the signal
		return nil
	}, nil
}

// beDropped connects and waits for the end.
func beDropped(ctx context.Context, server *targets.Server) error {
	conn, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(dropLimit)); err != nil {
		return err
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("a client was not dropped in spite of the fault")
	}
	return nil
}

// echoRates are those of a server under load: with no tracer, with a fault
// armed on a call that it does not make, and with strace doing that.
func echoRates(ctx context.Context, server *targets.Server, target faults.Process) ([]figure, error) {
	alone, err := echoRate(ctx, server)
	if err != nil {
		return nil, err
	}
	figures := []figure{{"echoes per second, no tracer", fmt.Sprintf("%.0f", alone), "", fmt.Sprintf("%d clients, %d echoes a connection", loaders, echoesEach)}}
	tell := func(what string, arm func() (func() error, error)) error {
		undo, err := arm()
		if err != nil {
			return err
		}
		rate, err := echoRate(ctx, server)
		if err = errors.Join(err, undo()); err != nil {
			return err
		}
		figures = append(figures, figure{what, fmt.Sprintf("%.0f (%.2f of that)", rate, rate/alone), "", ""})
		return nil
	}
	for _, follow := range []bool{false, true} {
		what := map[bool]string{false: "… a fault armed in the server", true: "… and in its children, too"}[follow]
		err := tell(what, func() (func() error, error) {
			armed, err := trace.Inject(ctx, []faults.Process{target}, trace.Injection{Family: trace.Thread, Errno: unix.EAGAIN, Follow: follow})
			if err != nil {
				return nil, err
			}
			return armed.Undo, nil
		})
		if err != nil {
			return nil, err
		}
	}
	if _, err := exec.LookPath("strace"); err != nil {
		return append(figures, figure{"… strace -f -e inject", noStrace, "", ""}), nil
	}
	err = tell("… strace -f -e inject", func() (func() error, error) {
		return strace(ctx, target, "-f", "-e", "trace=clone3", "-e", "inject=clone3:error=EAGAIN")
	})
	return figures, err
}

// echoRate connects and echoes for a time, again and again.
func echoRate(ctx context.Context, server *targets.Server) (float64, error) {
	var echoes atomic.Int64
	var group sync.WaitGroup
	errs := make([]error, loaders)
	begin := time.Now()
	for i := range loaders {
		group.Go(func() {
			for time.Since(begin) < loadTime && errs[i] == nil {
				errs[i] = echoSome(ctx, server, &echoes)
			}
		})
	}
	group.Wait()
	return float64(echoes.Load()) / time.Since(begin).Seconds(), errors.Join(errs...)
}

func echoSome(ctx context.Context, server *targets.Server, echoes *atomic.Int64) error {
	conn, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	buffer := make([]byte, 64)
	for range echoesEach {
		if _, err := conn.Write(buffer); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, buffer); err != nil {
			return err
		}
		echoes.Add(1)
	}
	return nil
}

// timed appends how long something took.
func timed(times *[]time.Duration, do func() error) error {
	begin := time.Now()
	err := do()
	*times = append(*times, time.Since(begin))
	return err
}

// fine is a short time, to the hundredth of a millisecond.
func fine(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }
