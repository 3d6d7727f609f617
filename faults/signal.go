package faults

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/internal/poll"
)

// signalKind sends a signal to each process.
var signalKind = Kind{
	Name: "signal",
	Forms: []Form{
		{"NAME", "send a signal", "signal=SIGCHLD"},
		{"NAME@CALL", "send a signal to each process that makes the call", "signal=SIGCHLD@fork:times=1"},
	},
	Make: func(text string) (Action, error) {
		name, event, _ := strings.Cut(text, "@")
		sig, err := value.Signal(name)
		if err != nil {
			return Action{}, err
		}
		after, err := parseEvent(event)
		return Action{After: after, Do: onEach("signal", func(ctx context.Context, p Process) (Undo, string, error) {
			return nil, describeDelivery(ctx, p, sig), nil
		})}, err
	},
}

// parseEvent reads the event after which a signal is sent: a family of calls, or
// start, the time of the rule.
func parseEvent(name string) (trace.Family, error) {
	if name == "" || name == "start" {
		return "", nil
	}
	family, err := trace.ParseFamily(name)
	if err != nil {
		err = fmt.Errorf("unknown event %q: known are start, %s", name, trace.FamilyNames())
	}
	return family, err
}

// deliveryLimit is how long describeDelivery waits.
const deliveryLimit = time.Second

// describeDelivery sends a signal and returns how that came out.
func describeDelivery(ctx context.Context, p Process, sig unix.Signal) string {
	limited, cancel := context.WithTimeout(ctx, deliveryLimit)
	defer cancel()
	state, err := Signal(limited, p, sig)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err.Error()
	}
	return unix.SignalName(sig) + " " + state.String()
}

// Signal sends a signal to a process and returns when it is delivered, is known
// to stay pending, or the process has ended. A standard signal that was pending
// already stays one, signal(7). When ctx is done first, the signal is Undecided
// and the error wraps the cause. The pending and blocked sets are ShdPnd and
// SigBlk of proc_pid_status(5).
func Signal(ctx context.Context, p Process, sig unix.Signal) (process.Delivery, error) {
	h, err := process.Open(p)
	if err != nil {
		return process.Undecided, err
	}
	state, err := h.Deliver(ctx, sig, process.Pending)
	return state, cmp.Or(err, h.Close())
}

// Kill ends a process with SIGKILL and returns when it is dead: a zombie, or
// reaped. For a process that had ended before, the error is ErrGone. When ctx is
// done first, the error wraps its cause; the signal has been sent all the same.
func Kill(ctx context.Context, p Process) error {
	h, err := process.Open(p)
	if err != nil {
		return err
	}
	err = h.Signal(unix.SIGKILL)
	if err == nil {
		err = poll.Quick.Until(ctx, h.Ended)
	}
	if err != nil {
		err = process.Failed("SIGKILL: wait for the end", p, err)
	}
	return cmp.Or(err, h.Close())
}
