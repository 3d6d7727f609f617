package hostiletest

import (
	"cmp"
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
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/judge"
	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets"
)

// A runResult is how one program in a testbed ended, and what it left.
type runResult struct {
	judge.Outcome
	// Err is why a check has no result; empty if it has one.
	Err string
	// Left lists what was there only before the run or only after it.
	Left []string
}

// runLimit guards against a program that hangs in a testbed.
const runLimit = 60 * time.Second

// check judges a server from the account.
func (j job) check(flags []string, server string) (runResult, error) {
	c := judge.Check{
		Launcher:  []string{"/proc/self/exe"},
		Forkproof: forkproofPath, Flags: flags, Command: slices.Concat([]string{server, targets.PortWord}, j.Args),
		Dir: cmp.Or(j.In, graderFolder), Env: j.environment(""), Attributes: j.Account.attributes(),
	}
	return j.measure(func(ctx context.Context) (r runResult, err error) {
		if r.Outcome, err = c.Run(ctx); err != nil {
			r.Err = err.Error()
		}
		return r, nil
	})
}

// run runs another program from the account.
func (j job) run(role string, args []string) (runResult, error) {
	return j.measure(func(ctx context.Context) (runResult, error) {
		cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = cmp.Or(j.In, graderFolder), j.environment(role), j.Account.attributes()
		cmd.WaitDelay = time.Second
		return j.await(ctx, cmd)
	})
}

// await runs a program to its end, or kills it as the job says.
func (j job) await(ctx context.Context, cmd *exec.Cmd) (runResult, error) {
	var stdout, stderr capture
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if j.Kill && j.KillAfter == 0 {
		stdout.seen = func(data []byte) {
			if verdictLine.Match(data) {
				_ = cmd.Process.Kill()
			}
		}
	}
	begin, first := time.Now(), newestPID()
	err := cmd.Start()
	if err == nil {
		if j.Kill && j.KillAfter > 0 {
			for newestPID() < first+j.KillAfter && ctx.Err() == nil {
				<-time.After(time.Millisecond)
			}
			_ = cmd.Process.Kill()
		}
		err = cmd.Wait()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return runResult{}, fmt.Errorf("run %q: %w", cmd.Args, err)
	}
	return runResult{Outcome: judge.Outcome{
		Took: time.Since(begin), ExitCode: cmd.ProcessState.ExitCode(), Ended: cmd.ProcessState.String(),
		Stdout: stdout.data, Stderr: stderr.String(),
	}}, nil
}

// environment returns the environment of a program in the given role.
func (j job) environment(role string) []string {
	account, err := json.Marshal(j.Account)
	if err != nil {
		panic(err) // it has nothing that JSON cannot hold
	}
	return []string{
		roleVariable + "=" + roleBecome, accountVariable + "=" + string(account), nextVariable + "=" + role,
		"PATH=" + os.Getenv("PATH"), "HOME=" + graderFolder, "LANG=C.UTF-8", secretVariable + "=" + secret, leaveAtOnce,
	}
}

// measure runs a program and adds what it left.
func (j job) measure(run func(context.Context) (runResult, error)) (runResult, error) {
	before, err := j.inventory()
	if err != nil {
		return runResult{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), runLimit)
	defer cancel()
	r, err := run(ctx)
	if err != nil {
		return runResult{}, err
	}
	after, err := j.settled(before)
	if err != nil {
		return runResult{}, err
	}
	r.Left = before.differences(after)
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

// explain returns how a program ended, its messages, and its failures and errors.
func (r runResult) explain() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n%s", r.Ended, r.Err, r.Stderr)
	if r.Result.Schema == "" {
		return b.String() + string(r.Stdout)
	}
	for _, q := range r.Result.Requirements {
		if q.Verdict == report.Fail || q.Verdict == report.Error {
			fmt.Fprintf(&b, "%s %s: %s | %s\n", q.ID, q.Verdict, q.Found, q.Diagnosis)
			if q.Evidence != nil {
				b.WriteString(q.Evidence.Output + "\n")
			}
		}
	}
	return b.String()
}
