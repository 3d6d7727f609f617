package targets

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/rest"
)

const (
	firstPoll = 300 * time.Microsecond
	lastPoll  = 10 * time.Millisecond
)

// A NotListening says that a server was started and did not come to listen.
type NotListening struct {
	// Reason is one sentence.
	Reason string
	// Status is how the started process ended, when it did.
	Status *unix.WaitStatus
	// Output is what the server wrote; not escaped.
	Output string
	// Picture is its tree at the end.
	Picture observe.Picture
	// Port is the one that it was given; 0 when it was given none.
	Port uint16
}

func (e *NotListening) Error() string { return e.Reason }

// An UnseenError says that a server keeps from forkproof what it is to be judged by.
type UnseenError struct{ Reason string }

func (e *UnseenError) Error() string { return e.Reason }

// awaitListening polls the server's tree until it owns a listening socket, or
// until it is plain that it never will: it has ended, or it sleeps and nothing
// can wake it.
func (s *Server) awaitListening(ctx context.Context, port uint16) error {
	begin := time.Now()
	stand := stand{host: s.host}
	defer stand.end()
	var starved time.Duration // what the machine kept it waiting is not its own
	var before observe.Picture
	for wait := firstPoll; ; wait = min(wait*3/2, lastPoll) {
		gone := s.host.Empty()
		now, err := s.Look(observe.Everything)
		if err != nil {
			return fmt.Errorf("look at the server: %w", err)
		}
		if s.found(now, port) {
			return nil
		}
		if err := unreadable(now); err != nil && s.listensUnseen(now, port) {
			return err
		}
		if reason := s.hopeless(before, now, gone, port); reason != "" && (gone || unreadable(now) == nil) {
			return s.notListening(ctx, port, reason, now)
		}
		starved += rest.StallTime(before, now)
		before = now
		if why := stand.hears(ctx, now, time.Since(begin)-starved); why != "" {
			return s.notListening(ctx, port, fmt.Sprintf("does not listen %s and never will: %s", where(port), why), now)
		}
		if limit := s.host.limits.exceeded(time.Since(begin)-starved, now.CPU()); limit != "" {
			if err := unreadable(now); err != nil {
				return err
			}
			return s.notListening(ctx, port, fmt.Sprintf("does not listen %s after %s%s", where(port), limit, describe(now)), now)
		}
		select {
		case <-poll.After(wait):
		case <-s.host.box.Gone():
			return errors.New("the init of the server was ended from outside")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// unreadable says which process of a picture hides what it holds: it may
// listen all the same.
func unreadable(now observe.Picture) error {
	for _, p := range now.Processes {
		if p.Hides() {
			return &UnseenError{"whether the server listens cannot be seen: " + Hides(p)}
		}
	}
	return nil
}

// Hides says that a process of a picture cannot be read, and why that may be.
func Hides(p observe.Process) string {
	return fmt.Sprintf("process %d (%s) keeps its descriptors from this user, as prctl PR_SET_DUMPABLE does; judge it as root: %v",
		p.ID.PID, p.Name, p.Unreadable)
}

// listensUnseen reports whether a socket listens on the port of the server, and no
// process is seen to hold it.
func (s *Server) listensUnseen(now observe.Picture, port uint16) bool {
	return slices.ContainsFunc(now.Unheld(), func(k observe.Socket) bool {
		return k.State == observe.Listen && (k.Local.Port() == port || port == 0 && s.host.Isolation().Network)
	})
}

// found notes the listening socket, if the tree owns the one that counts.
func (s *Server) found(now observe.Picture, port uint16) bool {
	seen := map[netip.AddrPort]bool{}
	var all []netip.AddrPort
	for _, holding := range now.Listening() {
		if !seen[holding.Socket.Local] {
			seen[holding.Socket.Local] = true
			all = append(all, holding.Socket.Local)
		}
	}
	for i, address := range all {
		if port == 0 || address.Port() == port {
			s.Listening = address
			s.Also = slices.Delete(all, i, i+1)
			return true
		}
	}
	s.Also = all
	return false
}

// hopeless says why a server that does not listen never will.
func (s *Server) hopeless(before, now observe.Picture, gone bool, port uint16) string {
	if n := s.host.Overgrown(); n > 0 {
		return fmt.Sprintf("grew to %d processes before it listened, and was ended", n)
	}
	if gone {
		s.output.await(s.host.limits.Start)
		status, _ := s.Exit()
		return "ended before it listened: " + Describe(status)
	}
	if len(now.Live()) > 0 && !traced(now) && rest.Compare(before, now).Final {
		return fmt.Sprintf("does not listen %s and never will%s", where(port), describe(now))
	}
	return ""
}

// traced says whether a tracer has stopped a process, which it will have go on.
func traced(now observe.Picture) bool {
	return slices.ContainsFunc(now.Live(), func(p observe.Process) bool {
		return slices.ContainsFunc(p.Tasks, func(t observe.Task) bool { return t.State == observe.TraceStop })
	})
}

func (s *Server) notListening(ctx context.Context, port uint16, reason string, now observe.Picture) error {
	if len(s.Also) > 0 {
		reason += fmt.Sprintf("; it listens on %s instead", join(s.Also))
	}
	e := &NotListening{Reason: "the server " + reason, Output: s.output.String(), Picture: now, Port: port}
	if status, exited := s.EndedAs(ctx); exited {
		e.Status = &status
	}
	return e
}

func where(port uint16) string {
	if port == 0 {
		return "on any port"
	}
	return fmt.Sprintf("on port %d", port)
}

// describe says what the live processes of a picture do.
func describe(now observe.Picture) string {
	var parts []string
	for _, p := range now.Live() {
		for _, t := range p.Tasks {
			switch {
			case t.TID != p.ID.PID:
			case t.State == observe.Running: // in no call
				parts = append(parts, fmt.Sprintf("%d is %v", p.ID.PID, t.State))
			default:
				parts = append(parts, fmt.Sprintf("%d is %v in %v", p.ID.PID, t.State, t.Call))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// Describe puts a wait status into words.
func Describe(status unix.WaitStatus) string {
	switch {
	case status.Signaled() && status.CoreDump():
		return fmt.Sprintf("killed by %s (core dumped)", unix.SignalName(status.Signal()))
	case status.Signaled():
		return "killed by " + unix.SignalName(status.Signal())
	default:
		return fmt.Sprintf("exit status %d", status.ExitStatus())
	}
}

func join(addresses []netip.AddrPort) string {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}
