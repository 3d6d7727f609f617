package sandbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/proctree"
	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// within polls until done holds; the deadline is a guard only.
func within(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !done() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
		time.Sleep(time.Millisecond) //nolint:forbidigo // a poll with a deadline
	}
}

// gone says whether a process has ended. It may still be a zombie: this process
// adopts what other hosts leave, and does not wait for it.
func gone(pid int) bool {
	state, err := observe.ReadState(pid)
	return err != nil || state == observe.Zombie
}

// shell starts a script on a host and gives the lines it prints.
func shell(t *testing.T, h *Host, script string) (int, *bufio.Scanner) {
	t.Helper()
	stdin, silent, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	output, written, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close(); _ = output.Close() })
	pid, err := h.Start(t.Context(), wire.Program{
		Path: "/bin/sh", Args: []string{"sh", "-c", script}, Stdin: stdin, Output: written,
	})
	_ = stdin.Close()
	_ = written.Close()
	if err != nil {
		t.Fatal(err)
	}
	return pid, bufio.NewScanner(output)
}

// pidFrom reads a pid that a script on the host prints, and gives it as it is
// outside.
func pidFrom(t *testing.T, h *Host, lines *bufio.Scanner) int {
	t.Helper()
	if !lines.Scan() {
		t.Fatalf("no line: %v", lines.Err())
	}
	for _, pid := range proctree.Descendants(h.PID(), 100) {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		for line := range strings.Lines(string(status)) {
			fields := strings.Fields(line)
			if fields[0] == "NSpid:" && fields[len(fields)-1] == lines.Text() {
				return pid
			}
		}
	}
	t.Fatalf("no process below %d calls itself %s", h.PID(), lines.Text())
	return 0
}

func host(t *testing.T) *Host {
	t.Helper()
	h, err := Open(DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// A grandchild in a session of its own, whose parent has ended, is the one
// that killing a process group misses.
const orphan = `setsid sh -c 'echo $$; exec sleep 1000' & exit 0`

func TestStopEndsOrphans(t *testing.T) {
	h := host(t)
	_, lines := shell(t, h, orphan)
	pid := pidFrom(t, h, lines)
	if err := h.StopAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !gone(pid) {
		t.Errorf("orphan %d survived", pid)
	}
}

// TestCloseLeavesNothing: the init of a closed host holds nothing any more. Where
// it is used again it lives on, and is the next host's.
func TestCloseLeavesNothing(t *testing.T) {
	h := host(t)
	_, lines := shell(t, h, orphan)
	pid := pidFrom(t, h, lines)
	pid1 := h.PID()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if !gone(pid) || proctree.Count(pid1, 10) != 0 {
		t.Errorf("left running: orphan %v, %d processes", !gone(pid), proctree.Count(pid1, 10))
	}
	if again := host(t); (again.PID() == pid1) != again.Isolation().PIDs {
		t.Errorf("the init is used again: %v", again.PID() == pid1)
	}
}

// TestHostsAreApart: what one host of an init had is nothing to the next.
func TestHostsAreApart(t *testing.T) {
	if !Probe().PIDs {
		t.Skip("no namespaces: " + Probe().Reason)
	}
	h := host(t)
	const leave = `echo x >/tmp/left; echo x >/dev/shm/left; ipcmk -Q >/dev/null 2>&1; setsid sleep 1000 & echo $(readlink /proc/self/ns/net)`
	_, lines := shell(t, h, leave)
	lines.Scan()
	network, pid1 := lines.Text(), h.PID()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	again := host(t)
	if again.PID() != pid1 {
		t.Fatal("the init is not used again")
	}
	_, lines = shell(t, again, `echo $(readlink /proc/self/ns/net); ls /tmp /dev/shm | grep left; tail -n +2 /proc/sysvipc/msg; cd /proc; set -- [0-9]*; echo $#`)
	var told []string
	for lines.Scan() {
		told = append(told, lines.Text())
	}
	if len(told) != 2 || told[0] == network || told[1] != "1" {
		t.Errorf("the next host sees %q after one with the network %s", told, network)
	}
}

// TestChangedInit: an init that a server has changed is not used again.
func TestChangedInit(t *testing.T) {
	if !Probe().PIDs {
		t.Skip("no namespaces: " + Probe().Reason)
	}
	for name, change := range map[string]func(pid, thread int) error{
		"nice": func(pid, _ int) error { return unix.Setpriority(unix.PRIO_PROCESS, pid, 7) },
		"processors of a thread": func(_, thread int) error {
			var one unix.CPUSet
			one.Set(0)
			return unix.SchedSetaffinity(thread, &one)
		},
		"a limit": func(pid, _ int) error {
			return unix.Prlimit(pid, unix.RLIMIT_CORE, &unix.Rlimit{Cur: 0, Max: 0}, nil)
		},
	} {
		h := host(t)
		pid := h.PID()
		if err := change(pid, pid); err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		if !gone(pid) {
			t.Errorf("%s: the init lives on", name)
		}
	}
}

// TestInitKilled kills inits at every moment of a host's life: no process is left,
// and the next host is as any other.
func TestInitKilled(t *testing.T) {
	for i := range 20 {
		h, err := Open(DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		pid := h.PID()
		kill := func() { _ = unix.Kill(pid, unix.SIGKILL) }
		if i%4 == 0 {
			kill()
		}
		timer := time.AfterFunc(time.Duration(i)*300*time.Microsecond, kill)
		stdin, silent, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		server, err := h.Start(t.Context(), wire.Program{
			Path: "/bin/sh", Args: []string{"sh", "-c", orphan + "; sleep 1000"}, Stdin: stdin, Output: silent,
		})
		_, _ = stdin.Close(), silent.Close()
		<-h.Gone()
		timer.Stop()
		if closeErr := h.Close(); closeErr != nil {
			t.Error(closeErr)
		}
		if err == nil && !gone(server) || !gone(pid) {
			t.Error("the server or its init is left")
		}
	}
	h := host(t)
	pid, _ := shell(t, h, "exit 7")
	within(t, "the exit is reported", func() bool { _, ended := h.Exit(pid); return ended })
}

// TestKilledForkproof kills a process that holds a host, as SIGKILL would kill
// forkproof: the tree must go all the same.
func TestKilledForkproof(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_HOLD") != "" {
		h, err := Open(DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		_, lines := shell(t, h, orphan)
		fmt.Printf("tree %d %d\n", pidFrom(t, h, lines), h.PID())
		select {}
	}
	holder := exec.Command(os.Args[0], "-test.run=^TestKilledForkproof$")
	holder.Env = append(os.Environ(), "FORKPROOF_TEST_HOLD=1")
	holder.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	output, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	var orphanPID, initPID int
	if _, err := fmt.Fscanf(output, "tree %d %d\n", &orphanPID, &initPID); err != nil {
		t.Fatal(err)
	}
	if gone(orphanPID) || gone(initPID) {
		t.Fatal("the tree was gone before the kill")
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	within(t, "the tree of a killed forkproof is gone", func() bool { return gone(orphanPID) && gone(initPID) })
	places, _ := hierarchies()
	for _, place := range places {
		left, _ := filepath.Glob(filepath.Join(place.dir, cgroupName(holder.Process.Pid)+"*"))
		if len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	}
}

func TestForkBombIsEnded(t *testing.T) {
	if len(Probe().Bounds) == 0 {
		t.Skip("no kernel bound on the number of processes here: a fork bomb would be ended too late")
	}
	h, err := Open(wire.Limits{Processes: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	shell(t, h, `f() { f & f & }; f; f; while :; do f; done`)
	within(t, "the limit is noticed", func() bool { return h.Overgrown() > 64 })
	if err := h.StopAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left := proctree.Count(h.PID(), 1000); left != 0 {
		t.Errorf("%d processes left", left)
	}
}

// TestBoundsHold reads every bound where the kernel keeps it.
func TestBoundsHold(t *testing.T) {
	h, err := Open(wire.Limits{Processes: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	bounds := h.Isolation().Bounds
	pid, lines := shell(t, h, `cat /proc/sys/kernel/pid_max; exec sleep 1000`)
	if !lines.Scan() {
		t.Fatal(lines.Err())
	}
	if slices.Contains(bounds, wire.BoundPIDMax) && lines.Text() != "556" { // 300 + 64 + 3*64
		t.Errorf("kernel.pid_max inside is %s, want 556", lines.Text())
	}
	for _, g := range h.cgroups {
		members, err := os.ReadFile(g.path("cgroup.procs"))
		if err != nil || !strings.Contains("\n"+string(members), fmt.Sprintf("\n%d\n", pid)) {
			t.Errorf("%d is not in %s: %q %v", pid, g.path(""), members, err)
		}
		if data, err := os.ReadFile(g.path("pids.max")); err == nil && string(data) != "128\n" {
			t.Errorf("pids.max is %q, want 128", data)
		}
	}
	t.Log(bounds, h.Isolation().CgroupReason)
}

func TestExitIsReported(t *testing.T) {
	h := host(t)
	pid, _ := shell(t, h, "exit 7")
	within(t, "the exit is reported", func() bool { _, ended := h.Exit(pid); return ended })
	if status, _ := h.Exit(pid); status.ExitStatus() != 7 {
		t.Errorf("exit status %d, want 7", status.ExitStatus())
	}
}

func TestStartReportsErrno(t *testing.T) {
	h := host(t)
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	_, err = h.Start(t.Context(), wire.Program{Path: "/nonexistent", Args: []string{"x"}, Stdin: null, Output: null})
	if !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v, want ENOENT", err)
	}
}

// TestCleanStart: whatever forkproof inherited (nohup's ignored SIGHUP, a
// blocked mask, stray descriptors), a server starts with nothing ignored,
// nothing blocked and three descriptors.
func TestCleanStart(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_CLEAN") == "" {
		script := `trap '' HUP INT CHLD; exec 9</dev/null; FORKPROOF_TEST_CLEAN=1 exec "$0" -test.run='^TestCleanStart$' -test.v`
		out, err := exec.Command("/bin/sh", "-c", script, os.Args[0]).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestCleanStart") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	h := host(t)
	_, lines := shell(t, h, `grep -E '^Sig(Blk|Ign):' /proc/self/status; ls /proc/self/fd | wc -l`)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) == 2 && strings.Trim(fields[1], "0") != "":
			t.Errorf("not clean: %s", lines.Text())
		case len(fields) == 1 && fields[0] != "4": // 0, 1, 2 and the directory itself
			t.Errorf("%s descriptors, want 4", fields[0])
		}
	}
}

func TestNetworkIsItsOwn(t *testing.T) {
	if !Probe().Network {
		t.Skip("no network namespace here: " + Probe().Reason)
	}
	outside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outside.Close() }()
	port := outside.Addr().(*net.TCPAddr).Port
	h := host(t)
	fds, err := h.Sockets(t.Context(), unix.AF_INET, unix.SOCK_STREAM, 0, 300)
	if err != nil {
		t.Fatal(err)
	}
	defer wire.CloseFDs(fds)
	if len(fds) != 300 {
		t.Fatalf("got %d sockets, want 300", len(fds))
	}
	if err := unix.Bind(fds[0], &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Errorf("a port taken outside is taken inside: %v", err)
	}
	if err := unix.Listen(fds[0], 1); err != nil {
		t.Fatal(err)
	}
	err = unix.Connect(fds[1], &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if err != nil && !errors.Is(err, unix.EINPROGRESS) {
		t.Errorf("loopback is not up inside: %v", err)
	}
}

func TestLostInit(t *testing.T) {
	h := host(t)
	pid, lines := shell(t, h, orphan+"; sleep 1000")
	orphanPID := pidFrom(t, h, lines)
	if err := unix.Kill(h.PID(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-h.Gone()
	if _, err := h.Sockets(context.Background(), unix.AF_INET, unix.SOCK_STREAM, 0, 1); h.Isolation().Network && !errors.Is(err, ErrInitGone) {
		t.Errorf("got %v, want ErrInitGone", err)
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	within(t, "the tree of a killed init is gone", func() bool { return gone(pid) && gone(orphanPID) })
}
