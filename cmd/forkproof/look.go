package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/forkproof/forkproof/internal/poll"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/report/picture"
	"github.com/forkproof/forkproof/suite/look"
)

func newLook() *cobra.Command {
	var every time.Duration
	var noColor bool
	cmd := &cobra.Command{
		Use:   "look PID",
		Short: "Show a running server's processes, descriptors and zombies, and what is wrong",
		Long: `look reads /proc and the socket tables once: the process and all that descend from
it, their descriptor tables, zombies, connections in CLOSE_WAIT, and the listening
socket. It draws them, and says what breaks a rule of the catalogue. It changes
nothing: it sends no signal, traces no process and connects no client.

With --every it looks again and again, and prints what has changed.

Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage, 3 the process
cannot be seen, 130 interrupted, the usual end of --every.`,
		Example: `  forkproof look 4242
  forkproof look $(pidof -s nginx) --every 2s`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("look takes the id of one process, as in: forkproof look 4242")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			pid, err := strconv.Atoi(args[0])
			switch {
			case err != nil || pid < 1:
				return usage("%q is no process id: give a number, as in: forkproof look 4242", args[0])
			case every < 0 || cmd.Flags().Changed("every") && every == 0:
				return usage("--every %v: give a time above 0, as in 2s", every)
			}
			return lookAt(cmd, pid, every, styleOf(noColor))
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().DurationVar(&every, "every", 0, "look again after this time, until Ctrl-C, and print what has changed")
	cmd.Flags().BoolVar(&noColor, "no-color", false, "print without colours")
	return cmd
}

// styleOf returns how text is printed on standard output.
func styleOf(noColor bool) report.Style {
	terminal := term.IsTerminal(int(os.Stdout.Fd()))
	s := report.Style{Color: report.ColorFor(terminal, noColor, os.Getenv), ASCII: report.ASCIIFor(os.Getenv)}
	if terminal {
		s.Width, _, _ = term.GetSize(int(os.Stdout.Fd()))
	}
	return s
}

func lookAt(cmd *cobra.Command, pid int, every time.Duration, style report.Style) error {
	looker, err := look.At(pid)
	if err != nil {
		return usage("%w", err)
	}
	defer func() { _ = looker.Close() }()
	seen, err := looker.Look(cmd.Context())
	if errors.Is(err, look.ErrEnded) {
		return fmt.Errorf("process %d has ended meanwhile", pid)
	}
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	if err := tell(out, seen, style); err != nil {
		return err
	}
	if every == 0 {
		if len(seen.Wrong) > 0 {
			return exitCode(1)
		}
		return nil
	}
	for {
		poll.Pause(cmd.Context(), every)
		interrupted.wait()
		now, err := looker.Look(cmd.Context())
		if errors.Is(err, look.ErrEnded) {
			_, err = fmt.Fprintf(out, "%s  process %d has ended\n", time.Now().Format(time.TimeOnly), pid)
			return err
		}
		interrupted.wait()
		if err != nil {
			return err
		}
		for _, line := range now.Changes(seen) {
			if _, err := fmt.Fprintf(out, "%s  %s\n", now.Picture.At.Format(time.TimeOnly), report.Line(line)); err != nil {
				return err
			}
		}
		seen = now
	}
}

// narrowestPicture is the least width for a picture.
const narrowestPicture = 60

// tell prints one look.
func tell(w io.Writer, s look.Seen, style report.Style) error {
	result, err := s.Result()
	if err != nil {
		return err
	}
	width := style.Width
	if width < narrowestPicture {
		width = 100
	}
	text := report.Line(s.Summary()) + "\n"
	for _, line := range picture.Draw(picture.From(s.Evidence()), width, style.ASCII) {
		text += report.Line(line) + "\n"
	}
	for _, note := range s.Notes() {
		text += "note: " + note + "\n"
	}
	if len(s.Wrong) == 0 {
		text += "nothing is wrong that a look can show\n"
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	return report.WriteStart(w, result, style)
}
