package hostiletest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
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

// A runResult is how one program in a testbed ended, and what it left.
type runResult struct {
	Code           int // exit status; negative when a signal ended it
	Ended          string
	Stdout, Stderr string
	MaxRSSKiB      int64
	Took           time.Duration
	// Left lists what was there only before the run or only after it.
	Left []string
}

// runLimit guards against a program that hangs in a testbed.
const runLimit = 60 * time.Second

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
	check := func(flags []string, server string) []string {
		return slices.Concat([]string{forkproofPath, "check"}, flags, []string{"--", server, "{port}"})
	}
	if !j.NoCheck {
		if o.Check, err = j.run("", check(j.Flags, serverPath)); err != nil || j.Uncontained {
			return o, err
		}
	}
	if !j.Kill {
		if o.Probe, err = j.run(roleProbe, []string{probePath, j.Account.Tier, serverPath}); err != nil {
			return o, err
		}
	}
	j.Kill = false
	o.After, err = j.run("", check(j.AfterFlags, referencePath))
	return o, err
}

// run runs a program from the account, and returns how it ended and what it left.
func (j job) run(role string, args []string) (runResult, error) {
	account, err := json.Marshal(j.Account)
	if err != nil {
		return runResult{}, err
	}
	before, err := j.inventory()
	if err != nil {
		return runResult{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), runLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Args = append([]string{"hostiletest"}, args...)
	cmd.Dir = graderFolder
	cmd.Env = []string{
		roleVariable + "=" + roleBecome, accountVariable + "=" + string(account), nextVariable + "=" + role,
		"PATH=" + os.Getenv("PATH"), "HOME=" + graderFolder, "LANG=C.UTF-8", secretVariable + "=" + secret, leaveAtOnce,
	}
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = j.Account.attributes()
	var stdout, stderr capture
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if j.Kill && j.KillAfter == 0 {
		stdout.seen = func(data []byte) {
			if verdictLine.Match(data) {
				_ = cmd.Process.Kill()
			}
		}
	}
	begun, first := time.Now(), newestPID()
	if err = cmd.Start(); err == nil {
		if j.Kill && j.KillAfter > 0 {
			for newestPID() < first+j.KillAfter && ctx.Err() == nil {
				<-time.After(time.Millisecond)
			}
			_ = cmd.Process.Kill()
		}
		err = cmd.Wait()
	}
	took := time.Since(begun)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return runResult{}, fmt.Errorf("run %q: %w", args, err)
	}
	after, err := j.settled(before)
	if err != nil {
		return runResult{}, err
	}
	r := runResult{
		Took: took, Code: cmd.ProcessState.ExitCode(), Ended: cmd.ProcessState.String(),
		Stdout: stdout.String(), Stderr: stderr.String(), Left: before.differences(after),
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.MaxRSSKiB = usage.Maxrss
	}
	return r, nil
}

// newestPID returns the pid that was allocated last in the testbed,
// proc_loadavg(5). Until pids wrap around, it counts the processes started.
func newestPID() int {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	words := strings.Fields(string(text))
	pid, _ := strconv.Atoi(words[len(words)-1])
	return pid
}

// settleLimit limits how long the processes of a killed forkproof may live on.
const settleLimit = 30 * time.Second

// settled takes an inventory. After a killed forkproof it waits until nothing is
// left.
func (j job) settled(before listing) (listing, error) {
	for guard := time.Now().Add(settleLimit); ; <-time.After(time.Millisecond) {
		reapAll()
		after, err := j.inventory()
		if err != nil || !j.Kill || len(before.differences(after)) == 0 || time.Now().After(guard) {
			return after, err
		}
	}
}

// verdictLine matches a line of the report about one requirement.
var verdictLine = regexp.MustCompile(`(?m)^  . (pass|fail|error|advice) `)

// reapAll reaps the orphans that have ended, which this process inherits.
func reapAll() {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil)
		if pid <= 0 && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// mostCaptured limits what is kept of one program's output, in bytes.
const mostCaptured = 4 << 20

// A capture keeps the beginning of what is written to it, and calls seen with it
// after each write.
type capture struct {
	data []byte
	seen func([]byte)
}

func (c *capture) Write(data []byte) (int, error) {
	c.data = append(c.data, data[:min(len(data), mostCaptured-len(c.data))]...)
	if c.seen != nil {
		c.seen(c.data)
	}
	return len(data), nil
}

func (c *capture) String() string { return string(c.data) }
