package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
)

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
