package main

import (
	"cmp"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/forkproof/forkproof/clients/protocol/dialogue"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/catalog"
)

// commandAfterDash fails if there are arguments before --, so that no flag of the
// server is parsed as one of forkproof's.
func commandAfterDash(cmd *cobra.Command, args []string) error {
	if dash := cmd.ArgsLenAtDash(); len(args) > 0 && dash != 0 {
		return usage("unexpected %q: the server's command goes after --, as in: %s -- %s", args[0], cmd.CommandPath(), args[0])
	}
	return nil
}

// server returns the command of the server to judge: CMD, the one that --target
// names, or the reference. A built-in server is judged by its own model and
// protocol, unless --model or --protocol is given.
func (f *checkFlags) server(cmd *cobra.Command, args []string) (targets.Command, error) {
	if len(args) > 0 {
		if f.target != "" {
			return targets.Command{}, usage("--target %s and a command after -- exclude each other", f.target)
		}
		return ownServer(cmd, args)
	}
	name := f.target
	if !cmd.Flags().Changed("target") {
		name = catalog.ReferenceName
	}
	server, err := catalog.Find(name)
	if err != nil {
		return targets.Command{}, &usageError{err}
	}
	if !cmd.Flags().Changed("model") {
		f.model = server.Model
	}
	if flags := cmd.Flags(); !flags.Changed("protocol") && !flags.Changed("reply") && !flags.Changed("send") && !flags.Changed("dialogue") {
		f.protocol, f.reply = server.Protocol, server.Reply
		f.path, f.post = cmp.Or(f.path, server.Path), cmp.Or(f.post, server.Post)
		if server.Send != "" {
			f.sends = []string{server.Send}
		}
		if err := f.dialogueOf(server); err != nil {
			return targets.Command{}, err
		}
	}
	command, err := server.Command(cmd.Context())
	if err != nil {
		return command, &usageError{err}
	}
	return command, nil
}

// readDialogue reads the file of --dialogue, if there is one.
func (f *checkFlags) readDialogue(flags *pflag.FlagSet) error {
	if f.dialogue == "" {
		return nil
	}
	data, err := os.ReadFile(f.dialogue)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return usage("--dialogue %s: %w: forkproof record writes such a file", f.dialogue, err)
	}
	if f.talk, err = dialogue.Parse(f.dialogue, data); err != nil {
		return &usageError{err}
	}
	if !flags.Changed("protocol") {
		f.protocol = string(harness.Dialogue)
	}
	return nil
}

// dialogueOf has a built-in server be judged by its own dialogue, if it has one.
func (f *checkFlags) dialogueOf(server catalog.Server) error {
	name, text, err := server.DialogueText()
	if err == nil && name != "" {
		f.talk, err = dialogue.Parse(name, text)
	}
	return err
}

// ownServer returns the user's command, if it can be run.
func ownServer(cmd *cobra.Command, args []string) (targets.Command, error) {
	command := targets.Command{Args: args}
	err := targets.CanRun(cmd.Context(), command)
	var wrong *targets.CommandError
	if errors.As(err, &wrong) {
		return command, &usageError{wrong}
	}
	return command, err
}

// completeTargets has the shell complete the names of built-in servers.
func completeTargets(cmd *cobra.Command) {
	names := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		servers, err := catalog.Servers()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		list := make([]string, len(servers))
		for i, s := range servers {
			list[i] = s.Name
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("target", names); err != nil {
		panic(err) // the flag exists
	}
}

// applyRubric sets the flags that the rubric says and that are not given. Without a
// server to judge, it returns the command of the rubric.
func (f *checkFlags) applyRubric(cmd *cobra.Command, args []string) ([]string, error) {
	if f.rubric == "" {
		return args, nil
	}
	r, err := readRubric(f.rubric)
	if err != nil {
		return nil, err
	}
	if err := apply(cmd.Flags(), r); err != nil {
		return nil, usage("%s: %w", f.rubric, err)
	}
	f.points = r
	if len(args) == 0 && f.target == "" {
		args = r.Command
	}
	return args, nil
}

// mostDrawn is the highest seed that is drawn: one that a person can copy by hand.
const mostDrawn = 999_999

// drawSeed returns a seed for one run, from 1. What a server is sent is then no sign
// that it is judged.
func drawSeed() uint64 { return 1 + rand.Uint64N(mostDrawn) }
