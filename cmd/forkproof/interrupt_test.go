package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe/proctree"
	"github.com/forkproof/forkproof/targets/catalog"
)

// mark is an environment variable that every process which a test's forkproof
// starts carries, inits and servers alike.
const mark = "FORKPROOF_TEST_MARK"

// TestInterruptedAtAnyMoment interrupts checks after more and more requirements have
// been judged: the exit status is 130, and nothing is left running.
func TestInterruptedAtAnyMoment(t *testing.T) {
	signals, moments := []syscall.Signal{unix.SIGINT, unix.SIGTERM}, []int{1, 5, 12, 30}
	if testing.Short() {
		signals, moments = signals[:1], moments[1:3]
	}
	for _, signal := range signals {
		for _, lines := range moments {
			t.Run(fmt.Sprintf("%v after %d lines", signal, lines), func(t *testing.T) {
				cmd, output := startCheck(t, "--verbose")
				output.await(t, lines)
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
				if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
					t.Errorf("%v, want exit status %d\n%s", cmd.ProcessState, exitInterrupted, output)
				}
				if left := marked(t, cmd); len(left) > 0 {
					t.Errorf("left running: %v", left)
				}
			})
		}
	}
}

// TestInterruptedAtRandomMoments sends SIGINT at moments that have nothing to do
// with what is being judged, the first of them while forkproof still starts.
func TestInterruptedAtRandomMoments(t *testing.T) {
	if testing.Short() {
		t.Skip("interrupts eight checks")
	}
	moments := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		delay := time.Duration(moments.Int64N(int64(1500 * time.Millisecond)))
		t.Run(delay.Round(time.Millisecond).String(), func(t *testing.T) {
			cmd, output := startCheck(t)
			<-time.After(delay)
			if err := cmd.Process.Signal(unix.SIGINT); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			status := cmd.ProcessState.Sys().(syscall.WaitStatus)
			early := status.Signaled() && status.Signal() == unix.SIGINT && output.String() == ""
			over := status.ExitStatus() == 0 && strings.Contains(output.String(), "conformant: ")
			if status.ExitStatus() != exitInterrupted && !early && !over {
				t.Errorf("%v, want exit status %d\n%s", cmd.ProcessState, exitInterrupted, output)
			}
			if left := marked(t, cmd); len(left) > 0 {
				t.Errorf("left running: %v", left)
			}
			if left := cgroupsOf(t, cmd.Process.Pid); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestKilledAtAnyMoment sends SIGKILL: only the inits are left to clean up, and they
// do.
func TestKilledAtAnyMoment(t *testing.T) {
	for _, lines := range []int{1, 20} {
		cmd, output := startCheck(t, "--verbose")
		output.await(t, lines)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		deadline := time.Now().Add(20 * time.Second)
		for len(marked(t, cmd)) > 0 {
			if time.Now().After(deadline) {
				t.Fatalf("left running 20 s after SIGKILL: %v", marked(t, cmd))
			}
			<-time.After(time.Millisecond)
		}
		if left := cgroupsOf(t, cmd.Process.Pid); len(left) > 0 {
			t.Errorf("left after SIGKILL: %v", left)
		}
	}
}

// TestServerKilledFromOutside kills every server as soon as it is seen, as an
// operator or the kernel's out-of-memory killer would: that is no finding about
// the server.
func TestServerKilledFromOutside(t *testing.T) {
	cmd, output := startCheck(t, "--only", "descriptors")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	for over := false; !over; {
		killServers(t, cmd)
		select {
		case <-ended:
			over = true
		case <-time.After(time.Millisecond):
		}
	}
	if code := cmd.ProcessState.ExitCode(); code != exitNotJudged {
		t.Errorf("%v, want exit status %d\n%s", cmd.ProcessState, exitNotJudged, output)
	}
	if !strings.Contains(output.String(), "outside forkproof killed") {
		t.Errorf("the reason is not told:\n%s", output)
	}
}

// killServers kills the servers that run now, and not the children that these
// forked: those have a server for their parent.
func killServers(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	type process struct {
		parent int
		name   string
	}
	all := map[int]process{}
	for _, pid := range proctree.Descendants(cmd.Process.Pid, 1000) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // gone meanwhile
		}
		head, tail, _ := strings.Cut(string(stat), ") ")
		_, name, _ := strings.Cut(head, "(")
		var state string
		var parent int
		if _, err := fmt.Sscan(tail, &state, &parent); err == nil {
			all[pid] = process{parent, name}
		}
	}
	for pid, p := range all {
		if p.name == catalog.ReferenceName && all[p.parent].name != p.name {
			_ = unix.Kill(pid, unix.SIGKILL) // it may be gone already
		}
	}
}

// cgroupsOf lists the control groups that a forkproof made.
func cgroupsOf(t *testing.T, pid int) []string {
	t.Helper()
	var left []string
	err := filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), "forkproof.") && strings.Contains(entry.Name(), fmt.Sprintf(".%d.", pid)) {
			left = append(left, path)
		}
		return nil // a group that vanishes meanwhile is somebody else's
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// startCheck starts forkproof check of the reference in a process of its own.
func startCheck(t *testing.T, flags ...string) (*exec.Cmd, *lines) {
	t.Helper()
	return startForkproof(t, append([]string{"check", "-v"}, flags...)...)
}

// startForkproof starts a command of forkproof, with the reference for a
// server, in a process of its own.
func startForkproof(t *testing.T, args ...string) (*exec.Cmd, *lines) {
	t.Helper()
	command, err := catalog.Command(t.Context(), catalog.ReferenceName)
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "forkproof")
	if err := os.Symlink(mustExecutable(t), binary); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append(append(args, "--"), command.Args...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s", mark, binary))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	output := &lines{}
	reader, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	go output.read(reader)
	return cmd, output
}

func mustExecutable(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A found is a process that carries a test's mark.
type found struct {
	pid, parent int
	name        string
}

// marked lists the processes that a test's forkproof started.
func marked(t *testing.T, cmd *exec.Cmd) []found {
	t.Helper()
	want := []byte(mark + "=" + cmd.Path + "\x00")
	environs, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var list []found
	for _, path := range environs {
		data, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(append(data, 0), want) {
			continue // gone meanwhile, or somebody else's
		}
		var pid int
		if _, err := fmt.Sscanf(path, "/proc/%d/environ", &pid); err != nil || pid == cmd.Process.Pid {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue
		}
		p := found{pid: pid}
		head, tail, _ := strings.Cut(string(stat), ") ")
		_, p.name, _ = strings.Cut(head, "(")
		var state string
		if _, err := fmt.Sscan(tail, &state, &p.parent); err == nil {
			list = append(list, p)
		}
	}
	return list
}
