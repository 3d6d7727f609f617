// Command bench measures forkproof, next to other tools in the same run where there
// are any, and prints a table. No test depends on the figures. Arguments name the
// parts to measure; without arguments it measures all.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// A figure is one line of the table.
type figure struct {
	what, measured, wanted, note string
}

// parts are the measurements, in the order of the table.
var parts = []struct {
	name    string
	measure func(context.Context) ([]figure, error)
}{
	{"isolation", isolation}, {"checks", checks}, {"census", census}, {"clients", manyClients}, {"faults", injection},
}

func main() {
	ctx := context.Background()
	if len(os.Args) == 3 && os.Args[1] == startsWord {
		if err := printStarts(ctx, sandbox.Tier(os.Args[2])); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	var all []figure
	for _, part := range parts {
		if len(os.Args) > 1 && !slices.Contains(os.Args[1:], part.name) {
			continue
		}
		figures, err := part.measure(ctx)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		all = append(all, figures...)
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "figure\tmeasured\twanted\t")
	for _, f := range all {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", f.what, f.measured, f.wanted, f.note)
	}
	if err := table.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}
