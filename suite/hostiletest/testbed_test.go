package hostiletest

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/forkproof/forkproof/targets"
)

// A job is what one testbed runs.
type job struct {
	Account account
	// Folder is an empty folder that the testbed is built on.
	Folder string
	// Server and the others are programs, by their paths outside of the testbed.
	Server, Reference, Forkproof, Probe string
	// Uncontained says that the account's isolation does not contain the threat.
	// Then only the end of the check is of interest.
	Uncontained bool
	// NoCheck leaves out the check of the server, which is only probed.
	NoCheck bool
	// Flags are those of forkproof check for the server, AfterFlags those for the
	// reference.
	Flags, AfterFlags []string
	// In is the working directory; empty means the grader's folder. Args are
	// further arguments of the server.
	In   string
	Args []string
	// Kill kills forkproof when it has judged the first requirement, or when
	// KillAfter processes have been started, if that is above 0.
	Kill      bool
	KillAfter int
	// Ask are commands of forkproof. If there are any, nothing else runs.
	Ask [][]string
	// Cgroups are the paths of the cgroups that limit the testbed.
	Cgroups []string

	// layer is the folder that holds what is written to the root folder.
	layer string
}

// An outcome is what a testbed reports.
type outcome struct {
	// Check is forkproof on the hostile server, Probe prints the server's own
	// output, After is forkproof on the reference.
	Check, Probe, After runResult
	// Reached lists what reached the listener outside of the sandbox.
	Reached []string
	// Answers are the results of Ask.
	Answers []runResult
}

// runTestbed is process 1 of a testbed. It builds the testbed's file systems, runs
// the job that it reads from its standard input, and writes the outcome to its
// standard output. When it exits, the kernel kills what is left in the testbed.
func runTestbed() error {
	var j job
	if err := json.NewDecoder(os.Stdin).Decode(&j); err != nil {
		return fmt.Errorf("read the job: %w", err)
	}
	if err := j.enterCgroups(); err != nil {
		return err
	}
	if err := j.build(); err != nil {
		return err
	}
	outside, err := listenOutside()
	if err != nil {
		return err
	}
	o, err := j.do()
	if err != nil {
		return err
	}
	o.Reached = outside.list()
	return json.NewEncoder(os.Stdout).Encode(o)
}

// do runs the programs of the job.
func (j job) do() (o outcome, err error) {
	for _, args := range j.Ask {
		answer, err := j.run("", append([]string{forkproofPath}, args...))
		if err != nil {
			return o, err
		}
		o.Answers = append(o.Answers, answer)
	}
	if len(j.Ask) > 0 {
		return o, nil
	}
	switch {
	case j.Kill:
		o.Check, err = j.run("", []string{forkproofPath, "check", "--verbose", "--", serverPath, targets.PortWord})
	case !j.NoCheck:
		o.Check, err = j.check(j.Flags, serverPath)
	}
	if err != nil || j.Uncontained {
		return o, err
	}
	if !j.Kill {
		if o.Probe, err = j.run(roleProbe, slices.Concat([]string{probePath, j.Account.Tier, serverPath, targets.PortWord}, j.Args)); err != nil {
			return o, err
		}
	}
	j.Kill, j.Args = false, nil
	o.After, err = j.check(j.AfterFlags, referencePath)
	return o, err
}
