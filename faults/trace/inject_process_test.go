package trace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/proc"
	"github.com/forkproof/forkproof/faults/internal/testproc"
	"github.com/forkproof/forkproof/faults/process"
)

// Tracing must not interrupt what a server cannot expect to be interrupted:
// its SIGCHLD handler lacks SA_RESTART, and fork never fails with EINTR.
func TestThousandsOfForksSeeNoEINTR(t *testing.T) {
	const forks = 3000
	c := testproc.StartCaller(t, "forks", strconv.Itoa(forks))
	armed := inject(t, c.ID, Injection{Family: Fork})
	c.Write("\n")
	if got := c.Line(); got != "0 0 done" {
		t.Errorf("interrupted and failed forks: %q", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if hits := armed.Hits(); len(hits) != forks {
		t.Errorf("%d forks were seen, want %d", len(hits), forks)
	}
}

// Every signal is delivered, and once.
func TestSignalsAreDeliveredOnce(t *testing.T) {
	const signals = 500
	c := testproc.StartCaller(t, "signals")
	armed := inject(t, c.ID, Injection{Family: Poll})
	h, err := process.Open(c.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	for i := range signals {
		if state, err := h.Deliver(testproc.Within(t), unix.SIGUSR1, process.Delivered); state != process.Delivered || err != nil {
			t.Fatalf("signal %d: %v, %v", i, state, err)
		}
	}
	if got := c.Ask('?'); got != fmt.Sprintf("%d 0 signals", signals) {
		t.Errorf("caught while traced: %q, want %d", got, signals)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	if got := c.Ask('?'); got != fmt.Sprintf("%d 0 signals", signals) {
		t.Errorf("caught in the end: %q, want %d", got, signals)
	}
}

func TestEveryThreadIsTraced(t *testing.T) {
	c := testproc.StartCaller(t, "threads")
	armed := inject(t, c.ID, Injection{Family: Read, Errno: unix.ECONNRESET, Times: 5, On: AnySocket()})
	// The four threads are blocked in read: each is hit at once, and reads
	// again, which is hit, too.
	if err := armed.Await(testproc.Within(t), 5); err != nil {
		t.Fatal(err)
	}
	awaitDone(t, armed, c.PID)
	for _, h := range armed.Hits() {
		if h.PID != c.PID || h.TID == c.PID {
			t.Errorf("%+v: want a thread of process %d", h, c.PID)
		}
	}
	for range 5 {
		if got := c.Line(); got != "-1 104 thread" {
			t.Errorf("a thread said %q", got)
		}
	}
}

func TestThreadsMadeWhileArmed(t *testing.T) {
	c := testproc.StartCaller(t, "threads")
	armed := inject(t, c.ID, Injection{Family: Read, Short: 1, On: Descriptor(77)}, Injection{Family: Thread})
	for i := range 3 {
		if got := c.Ask('n'); got != "1 0 thread" {
			t.Errorf("thread %d said %q", i, got)
		}
	}
	list, err := proc.Threads(c.PID)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if proc.TracerOf(one.TID) == 0 {
			t.Errorf("thread %d is not traced", one.TID)
		}
	}
	if len(list) != 8 || len(armed.Hits()) != 3 {
		t.Errorf("%d threads and %d hits, want 8 and 3", len(list), len(armed.Hits()))
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	for _, one := range list {
		if proc.TracerOf(one.TID) != 0 {
			t.Errorf("thread %d is still traced", one.TID)
		}
	}
}

func TestFollow(t *testing.T) {
	for _, follow := range []bool{false, true} {
		c := testproc.StartCaller(t, "children")
		armed := inject(t, c.ID, Injection{Family: Write, Errno: unix.EPIPE, On: AnySocket(), Follow: follow})
		want := "4096 0 clean"
		if follow {
			want = "-1 32 clean"
		}
		for range 3 {
			if got := c.Ask('w'); got != want {
				t.Errorf("follow %v: a child's write: %q, want %q", follow, got, want)
			}
		}
		if err := armed.Undo(); err != nil {
			t.Fatal(err)
		}
		hits := armed.Hits()
		if follow != (len(hits) == 3) {
			t.Errorf("follow %v: %d hits", follow, len(hits))
		}
		for _, h := range hits {
			if h.PID == c.PID {
				t.Errorf("%+v is not of a child", h)
			}
		}
		if got := c.Ask('w'); got != "4096 0 clean" {
			t.Errorf("after Undo: %q", got)
		}
	}
}

// A rule that does not follow leaves children alone though another one follows.
func TestFollowIsOfOneRule(t *testing.T) {
	c := testproc.StartCaller(t, "children")
	armed := inject(t, c.ID, Injection{Family: Write, Errno: unix.EPIPE, On: AnySocket()},
		Injection{Family: Accept, Errno: unix.EMFILE, Follow: true})
	if got := c.Ask('w'); got != "4096 0 clean" {
		t.Errorf("a child's write: %q", got)
	}
	if got := c.Ask('a'); got != "-1 24 clean" {
		t.Errorf("a child's accept: %q", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
}

func TestInjectIntoAStoppedProcess(t *testing.T) {
	c := testproc.StartCaller(t)
	if err := unix.Kill(c.PID, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.AwaitState('T')
	armed := inject(t, c.ID, Injection{Family: Write, Short: 5, Times: 1, On: AnySocket()})
	if got := c.State(); got != 't' {
		t.Errorf("state %c while traced and stopped, want t", got)
	}
	if err := armed.Undo(); err != nil {
		t.Fatal(err)
	}
	c.AwaitState('T') // the SIGSTOP is still in force
	armed = inject(t, c.ID, Injection{Family: Write, Short: 5, Times: 1, On: AnySocket()})
	if err := unix.Kill(c.PID, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := c.Ask('w'); got != "5 0 clean" {
		t.Errorf("after SIGCONT: %q", got)
	}
	awaitDone(t, armed, c.PID)
}

func TestStopAndContinueWhileArmed(t *testing.T) {
	c := testproc.StartCaller(t)
	armed := inject(t, c.ID, Injection{Family: Fork, Errno: unix.EAGAIN, Times: 1})
	if err := unix.Kill(c.PID, unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c.AwaitState('t')
	c.Write("f")
	if err := unix.Kill(c.PID, unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if got := c.Line(); got != "-1 11 clean" {
		t.Errorf("%q", got)
	}
	awaitDone(t, armed, c.PID)
}

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
	if proc.TracerOf(other.PID) != 0 {
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

func TestTracedAlready(t *testing.T) {
	c := testproc.StartCaller(t)
	inject(t, c.ID, Injection{Family: Poll})
	_, err := Inject(testproc.Within(t), []process.ID{c.ID}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "traces it already") ||
		!strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("%v, want that this process traces it already", err)
	}
}

// An ELF file for i386 that does nothing but pause: 32-bit programs have other
// numbers for their system calls.
func TestProgramOf32BitsIsRefused(t *testing.T) {
	code := []byte{0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7} // l: mov eax, 29 (pause); int 0x80; jmp l
	const base, head = 0x08048000, 52 + 32
	image := append(elf32Header(base, head, len(code)), code...)
	path := filepath.Join(t.TempDir(), "pause32")
	if err := os.WriteFile(path, image, 0o700); err != nil {
		t.Fatal(err)
	}
	probe := exec.Command(path, "probe")
	if err := probe.Start(); errors.Is(err, unix.ENOEXEC) {
		t.Skip("this kernel runs no 32-bit programs")
	} else if err == nil {
		_ = probe.Process.Kill()
		_ = probe.Wait() // it was killed: an error is expected
	}
	v := testproc.Start(t, path)
	v.AwaitState('S')
	_, err := Inject(testproc.Within(t), []process.ID{v.ID}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "32-bit") {
		t.Errorf("%v, want that it is a 32-bit program", err)
	}
	if proc.TracerOf(v.PID) != 0 {
		t.Error("it is traced")
	}
}

func elf32Header(base, head uint32, size int) []byte {
	le16 := func(v int) []byte { return []byte{byte(v), byte(v >> 8)} }
	le32 := func(v uint32) []byte { return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)} }
	var b []byte
	b = append(b, "\x7fELF\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	b = append(b, le16(2)...) // ET_EXEC
	b = append(b, le16(3)...) // EM_386
	b = append(b, le32(1)...)
	b = append(b, le32(base+head)...) // entry
	b = append(b, le32(52)...)        // program headers
	b = append(b, le32(0)...)
	b = append(b, le32(0)...)
	for _, v := range []int{52, 32, 1, 0, 0, 0} {
		b = append(b, le16(v)...)
	}
	total := head + uint32(size)
	for _, v := range []uint32{1 /* PT_LOAD */, 0, base, base, total, total, 5 /* r-x */, 4096} {
		b = append(b, le32(v)...)
	}
	return b
}

// A thread that waits for its vfork child cannot be stopped: the arming is
// given up when ctx is done, and nothing is left in a stop.
func TestVforkCannotBeStopped(t *testing.T) {
	v := testproc.StartBehaving(t, "vfork")
	t.Cleanup(func() { v.KillChild() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := Inject(ctx, []process.ID{v.ID}, Injection{Family: Wait})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "state D") {
		t.Errorf("%v, want that a thread in state D was waited for", err)
	}
	if took := time.Since(begin); took > testproc.Guard {
		t.Errorf("it took %v", took)
	}
	v.AwaitState('D')
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
	if proc.TracerOf(c.PID) != 0 {
		t.Error("it is still traced")
	}
	c.AwaitState('S')
}

// traceForOther is the process that TestTracerIsKilled kills.
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

// A target that is refused leaves none of the others traced.
func TestRefusalLeavesNothingTraced(t *testing.T) {
	first, second := testproc.StartCaller(t), testproc.StartCaller(t)
	held, err := Inject(testproc.Within(t), []process.ID{second.ID}, Injection{Family: Poll})
	if err != nil {
		t.Fatal(err)
	}
	_, err = Inject(testproc.Within(t), []process.ID{first.ID, second.ID}, Injection{Family: Read})
	var refused *NotTraceable
	if !errors.As(err, &refused) || refused.Process != second.ID {
		t.Errorf("%v, want a refusal of %v", err, second.ID)
	}
	if proc.TracerOf(first.PID) != 0 {
		t.Error("the first is still traced")
	}
	if got := first.Ask('w'); got != "4096 0 clean" {
		t.Errorf("%q", got)
	}
	if err := held.Undo(); err != nil {
		t.Fatal(err)
	}
}

// A server that forks without pause is killed while its children are followed:
// also a child that was made at that moment must not stay in a ptrace-stop.
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
		if tracer := proc.TracerOf(pid); tracer != 0 && proc.ProcessOf(tracer) == os.Getpid() {
			t.Errorf("process %d is still traced", pid)
		}
	}
}
