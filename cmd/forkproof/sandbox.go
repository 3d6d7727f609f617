package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// sandboxFlags are the flags that isolate a server from the machine.
type sandboxFlags struct {
	isolation    string
	memory, disk size
	env          []string
	show, write  []string
}

func (f *sandboxFlags) add(flags *pflag.FlagSet) {
	limits := targets.DefaultLimits()
	f.memory, f.disk = size(limits.MemoryBytes), size(limits.DiskBytes)
	flags.StringVar(&f.isolation, "isolation", string(sandbox.Auto), "how the server is isolated from the machine: "+tierNames())
	flags.Var(&f.memory, "memory", "memory that the server's processes may use together; 0 for no limit")
	flags.Var(&f.disk, "disk", "what the server may write to files")
	flags.StringArrayVar(&f.show, "show", nil, "`PATH` of a file or directory that the server may read, too (repeatable)")
	flags.StringArrayVar(&f.write, "writable", nil, "`PATH` of a file or directory that it may change, too; the changes are its own where it has a disk of its own (repeatable)")
	flags.StringArrayVar(&f.env, "env", nil, "`NAME=VALUE` for the server's environment (repeatable)")
}

func tierNames() string {
	names := []string{string(sandbox.Auto)}
	for _, tier := range sandbox.Tiers() {
		names = append(names, string(tier))
	}
	return strings.Join(names, ", ")
}

// check validates the flags and selects the isolation.
func (f *sandboxFlags) check() error {
	tier := sandbox.Tier(f.isolation)
	if tier != sandbox.Auto && !slices.Contains(sandbox.Tiers(), tier) {
		return usage("--isolation %q: known are %s", f.isolation, tierNames())
	}
	if f.disk < leastDisk {
		return usage("--disk %s: give at least %s", f.disk.text(), leastDisk.text())
	}
	if f.memory != 0 && f.memory < leastMemory {
		return usage("--memory %s: give at least %s, or 0 for no limit", f.memory.text(), leastMemory.text())
	}
	for _, entry := range f.env {
		if name, _, found := strings.Cut(entry, "="); !found || name == "" {
			return usage("--env %q: give it as NAME=VALUE", entry)
		}
	}
	for flag, paths := range map[string][]string{"show": f.show, "writable": f.write} {
		for _, path := range paths {
			if err := sandbox.CanShow(path); err != nil {
				return usage("--%s %w", flag, err)
			}
		}
	}
	return sandbox.Select(tier)
}

// apply sets in a command what the flags say about its server.
func (f *sandboxFlags) apply(command *targets.Command) {
	command.Conditions.Env, command.Show, command.Writable = f.env, f.show, f.write
}

const (
	leastDisk   size = 1 << 20
	leastMemory size = 16 << 20
)

// A size is a number of bytes, given as in 64M.
type size int64

var sizeUnits = []struct {
	letter string
	bytes  size
}{{"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}}

// String is the size with the largest unit that divides it.
func (s *size) String() string { return s.text() }

func (s size) text() string {
	for _, unit := range sizeUnits {
		if s != 0 && s%unit.bytes == 0 {
			return fmt.Sprintf("%d%s", s/unit.bytes, unit.letter)
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Type names the value in the help.
func (*size) Type() string { return "SIZE" }

// Set reads a number with an optional K, M or G.
func (s *size) Set(text string) error {
	digits, unit := strings.ToUpper(text), size(1)
	for _, u := range sizeUnits {
		if rest, found := strings.CutSuffix(digits, u.letter); found {
			digits, unit = rest, u.bytes
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > int64(1<<62)/int64(unit) {
		return errors.New("give a size, as in 64M or 1G")
	}
	*s = size(n) * unit
	return nil
}
