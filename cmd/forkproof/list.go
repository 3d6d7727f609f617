package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets/catalog"
)

func newList() *cobra.Command {
	var model, protocol string
	cmd := &cobra.Command{
		Use:       "list [requirements|targets|defects]",
		Short:     "List the requirements, the built-in servers, or the defects as differences from the reference",
		ValidArgs: []string{"requirements", "targets", "defects"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("list takes one of requirements, targets, defects; got %d words", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			what := "requirements"
			if err := known(model, protocol); err != nil {
				return err
			}
			if len(args) == 1 {
				what = args[0]
			}
			switch what {
			case "requirements":
				return report.WriteList(cmd.OutOrStdout(), entries(model, protocol), style())
			case "targets":
				return listTargets(cmd)
			case "defects":
				return listDefects(cmd)
			}
			return usage("cannot list %q: known are requirements, targets, defects", what)
		},
	}
	cmd.Flags().StringVar(&model, "model", "", "only the requirements that apply to a server of this model")
	cmd.Flags().StringVar(&protocol, "protocol", "", "only those that apply to a server that speaks this protocol")
	return cmd
}

// known returns an error if a word is no model, or no protocol; none may be given.
func known(model, protocol string) error {
	if model != "" && !slices.Contains(harness.Models(), harness.Model(model)) {
		return usage("--model %q: known are %v", model, harness.Models())
	}
	if protocol != "" && !slices.Contains(harness.Protocols(), harness.Protocol(protocol)) {
		return usage("--protocol %q: known are %v", protocol, harness.Protocols())
	}
	return nil
}

// entries returns the requirements that apply to servers of a model that speak a protocol;
// to all, where a word is empty.
func entries(model, protocol string) []report.Entry {
	var list []report.Entry
	for _, r := range harness.Catalogue() {
		if !harness.AppliesTo(r.Requirement, harness.Model(model), harness.Protocol(protocol)) {
			continue
		}
		list = append(list, entry(r.Requirement))
	}
	return list
}

func entry(r harness.Requirement) report.Entry {
	return report.Entry{
		ID: r.ID, Level: r.Level, Title: r.Title, Rule: r.Rule, Why: r.Why, Source: r.Source,
		Provoked: r.Provoked, Hint: r.Hint, BuildsOn: r.BuildsOn, Applies: r.Applies(),
	}
}

func listTargets(cmd *cobra.Command) error {
	servers, err := catalog.Servers()
	if err != nil {
		return err
	}
	var list []report.BuiltIn
	for _, s := range servers {
		list = append(list, report.BuiltIn{Name: s.Name, Kind: string(s.Kind), Breaks: s.Breaks, Why: s.Why})
	}
	return report.WriteTargets(cmd.OutOrStdout(), list, style())
}

func listDefects(cmd *cobra.Command) error {
	servers, err := catalog.Servers()
	if err != nil {
		return err
	}
	for _, s := range servers {
		if s.Kind != catalog.Bad {
			continue
		}
		diff, err := catalog.Diff(s)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "%s\n", diff); err != nil {
			return err
		}
	}
	return nil
}

func style() report.Style { return textOptions(checkFlags{}).Style }

func newExplain() *cobra.Command {
	return &cobra.Command{
		Use:     "explain ID",
		Short:   "Print the rule, its source, how it is provoked, and what to do",
		Example: "  forkproof explain reaping/five-at-once",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("explain takes one requirement, as in: forkproof explain reaping/five-at-once")
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			var ids []string
			for _, r := range harness.Catalogue() {
				ids = append(ids, r.ID)
			}
			return ids, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			r, found := harness.Find(args[0])
			if !found {
				return usage("unknown requirement %q%s: forkproof list shows all", args[0], alike(args[0]))
			}
			return report.WriteEntry(cmd.OutOrStdout(), entry(r.Requirement), style())
		},
	}
}

// alike suggests the requirements whose ID contains the word.
func alike(word string) string {
	var ids []string
	for _, r := range harness.Catalogue() {
		if strings.Contains(r.ID, word) {
			ids = append(ids, r.ID)
		}
	}
	if word == "" || len(ids) == 0 || len(ids) > 8 {
		return ""
	}
	return " (is it one of " + strings.Join(ids, ", ") + "?)"
}
