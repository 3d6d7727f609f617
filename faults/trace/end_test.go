package trace

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/procfile"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

func TestTargetDiesWhileArmed(t *testing.T) {
	for _, delayed := range []bool{false, true} {
		c := testproc.StartCaller(t)
		injection := Injection{Family: Write, Errno: unix.EIO, On: AnySocket()}
		if delayed {
			injection = Injection{Family: Write, Delay: time.Hour, On: AnySocket()}
		}
		armed := inject(t, c.ID, injection)
		if delayed {
			c.Write("w")
			if err := armed.Await(testproc.Within(t), 1); err != nil {
				t.Fatal(err)
			}
		}
		c.Kill()
		awaitDone(t, armed)
		if err := armed.Err(); !errors.Is(err, process.ErrGone) {
			t.Errorf("delayed %v: %v, want that it is gone", delayed, err)
		}
		if err := armed.Await(testproc.Within(t), 9); !errors.Is(err, process.ErrGone) {
			t.Errorf("Await: %v", err)
		}
	}
}

func TestInjectIntoWhatIsGone(t *testing.T) {
	c := testproc.StartCaller(t)
	c.Kill()
	if _, err := Inject(testproc.Within(t), []process.ID{c.ID}, Injection{Family: Read}); !errors.Is(err, process.ErrGone) {
		t.Errorf("a zombie: %v", err)
	}
	other := testproc.StartCaller(t)
	wrong := process.ID{PID: other.PID, Start: other.Start + 1}
	if _, err := Inject(testproc.Within(t), []process.ID{wrong}, Injection{Family: Read}); !errors.Is(err, process.ErrGone) {
		t.Errorf("another start time: %v", err)
	}
	if procfile.TracerOf(other.PID) != 0 {
		t.Error("a process with the same number is traced")
	}
	// One that has ended does not keep the others from being armed.
	armed, err := Inject(testproc.Within(t), []process.ID{c.ID, other.ID}, Injection{Family: Fork, Errno: unix.EAGAIN, Times: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := other.Ask('f'); got != "-1 11 clean" {
		t.Errorf("%q", got)
	}
	awaitDone(t, armed, other.PID)
}

// If the tracer is killed, the kernel detaches, and the server goes on.
func TestTracerIsKilled(t *testing.T) {
	if os.Getenv("FORKPROOF_TEST_TRACE") != "" {
		traceForOther(t)
	}
	c := testproc.StartCaller(t)
	tracer := exec.Command(os.Args[0], "-test.run=^TestTracerIsKilled$")
	tracer.Env = append(os.Environ(), fmt.Sprintf("FORKPROOF_TEST_TRACE=%d %d", c.PID, c.Start))
	tracer.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := tracer.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	var word [5]byte
	if _, err := out.Read(word[:]); err != nil || string(word[:]) != "armed" {
		t.Fatalf("the tracer said %q: %v", word, err)
	}
	// It holds the write, for an hour, when it is killed.
	c.Write("w")
	c.AwaitState('t')
	if err := tracer.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = tracer.Wait() // it was killed: an error is expected
	if got := c.Line(); got != "4096 0 clean" {
		t.Errorf("after the tracer's death: %q", got)
	}
	if procfile.TracerOf(c.PID) != 0 {
		t.Error("it is still traced")
	}
	c.AwaitState('S')
}

// traceForOther runs in the process that TestTracerIsKilled kills.
func traceForOther(t *testing.T) {
	var target process.ID
	if _, err := fmt.Sscan(os.Getenv("FORKPROOF_TEST_TRACE"), &target.PID, &target.Start); err != nil {
		t.Fatal(err)
	}
	_, err := Inject(testproc.Within(t), []process.ID{target}, Injection{Family: Write, Delay: time.Hour, On: AnySocket()})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Print("armed")
	select {}
}

// A server that forks without pause is killed while its children are followed. No
// child that it made at that moment stays in a ptrace-stop.
func TestKilledInTheMidstOfForks(t *testing.T) {
	for round := range 30 {
		c := testproc.StartCaller(t, "forks", "1000000")
		armed := inject(t, c.ID, Injection{Family: Fork, Follow: true})
		c.Write("\n")
		if err := armed.Await(testproc.Within(t), 1+round); err != nil {
			t.Fatal(err)
		}
		c.Kill()
		awaitDone(t, armed)
		c.Reap()
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		if tracer := procfile.TracerOf(pid); tracer != 0 && procfile.ProcessOf(tracer) == os.Getpid() {
			t.Errorf("process %d is still traced", pid)
		}
	}
}
