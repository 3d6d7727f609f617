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
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A job is what is done in one cage.
type job struct {
	Persona persona
	// Stage is an empty folder that the cage is built on.
	Stage string
	// Server and the others are programs, by their paths outside of the cage.
	Server, Reference, Forkproof, Probe string
	// Threatened says that the persona's isolation does not contain the threat:
	// only what becomes of the check is of interest then.
	Threatened bool
	// NoCheck leaves out the check of the server: it is probed only.
	NoCheck bool
	// Flags are forkproof's, after check; AfterFlags those for the reference.
	Flags, AfterFlags []string
	// In is the working directory; empty means the grader's folder. Args are
	// further arguments of the server.
	In   string
	Args []string
	// Kill has forkproof killed when it has judged the first requirement, or as soon
	// as KillAfter processes have been started, if that is above 0.
	Kill      bool
	KillAfter int
	// Ask are further commands of forkproof's; nothing else is done then.
	Ask [][]string
	// Cgroups are those that the cage is put into.
	Cgroups []string

	// layer is the folder that takes all that is written to the root folder.
	layer string
}

// An outcome is what a cage tells.
type outcome struct {
	// Check is forkproof on the hostile server, Probe the server's own words,
	// After is forkproof on the reference.
	Check, Probe, After ran
	// Reached lists what came to the listener outside of the sandbox.
	Reached []string
	// Answers are what became of Ask.
	Answers []ran
}

// A ran is one program that ran in a cage.
type ran struct {
	Code           int // exit status; negative when a signal ended it
	Ended          string
	Stdout, Stderr string
	MaxRSSKiB      int64
	Took           time.Duration
	// Left lists what was there afterwards and not before, or the other way round.
	Left []string
}

// runLimit guards against a program that hangs in a cage.
const runLimit = 60 * time.Second

// cage is process 1 of a cage: it builds the small machine, runs the job that
// it reads from its standard input, and writes the outcome to its standard
// output. When it ends, the kernel ends all that is left in the cage.
func cage() error {
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
	visitors, err := listenOutside()
	if err != nil {
		return err
	}
	o, err := j.do()
	if err != nil {
		return err
	}
	o.Reached = visitors.list()
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
		return slices.Concat([]string{forkproofPath, "check"}, flags, []string{"--", server, "{port}"}, j.Args)
	}
	if !j.NoCheck {
		if o.Check, err = j.run("", check(j.Flags, serverPath)); err != nil || j.Threatened {
			return o, err
		}
	}
	if !j.Kill {
		if o.Probe, err = j.run(roleProbe, slices.Concat([]string{probePath, j.Persona.Tier, serverPath, "{port}"}, j.Args)); err != nil {
			return o, err
		}
	}
	j.Kill, j.Args = false, nil
	o.After, err = j.run("", check(j.AfterFlags, referencePath))
	return o, err
}

// run runs a program as the persona, and tells what it left.
func (j job) run(role string, args []string) (ran, error) {
	p, err := json.Marshal(j.Persona)
	if err != nil {
		return ran{}, err
	}
	before, err := j.census()
	if err != nil {
		return ran{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), runLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Args = append([]string{"hostiletest"}, args...)
	cmd.Dir = cmp.Or(j.In, graderFolder)
	cmd.Env = []string{
		roleVariable + "=" + roleBecome, personaVariable + "=" + string(p), nextVariable + "=" + role,
		"PATH=" + os.Getenv("PATH"), "HOME=" + graderFolder, "LANG=C.UTF-8", secretVariable + "=" + secret, leaveAtOnce,
	}
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = j.Persona.attributes()
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
		return ran{}, fmt.Errorf("run %q: %w", args, err)
	}
	after, err := j.settled(before)
	if err != nil {
		return ran{}, err
	}
	r := ran{
		Took: took, Code: cmd.ProcessState.ExitCode(), Ended: cmd.ProcessState.String(),
		Stdout: stdout.String(), Stderr: stderr.String(), Left: before.differences(after),
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.MaxRSSKiB = usage.Maxrss
	}
	return r, nil
}

// newestPID is the pid that was given out last in the cage, proc_loadavg(5): how
// many processes were started, as long as it does not begin anew.
func newestPID() int {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	words := strings.Fields(string(text))
	pid, _ := strconv.Atoi(words[len(words)-1])
	return pid
}

// settleLimit is how long what a killed forkproof leaves may take to go.
const settleLimit = 30 * time.Second

// settled takes a census. Nothing may be left but where forkproof was killed:
// then whatever is left goes without it.
func (j job) settled(before listing) (listing, error) {
	for guard := time.Now().Add(settleLimit); ; <-time.After(time.Millisecond) {
		reapAll()
		after, err := j.census()
		if err != nil || !j.Kill || len(before.differences(after)) == 0 || time.Now().After(guard) {
			return after, err
		}
	}
}

// verdictLine is a line of the report about one requirement.
var verdictLine = regexp.MustCompile(`(?m)^  . (pass|fail|error|advice) `)

// reapAll reaps the orphans that have ended: they become ours.
func reapAll() {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG|unix.WALL, nil)
		if pid <= 0 && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// mostCaptured bounds what is kept of one program's output.
const mostCaptured = 4 << 20

// A capture keeps the beginning of what is written to it, and shows it to seen
// whenever there is more.
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
