package stack

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/internal/proc"
	"github.com/forkproof/forkproof/observe"
)

// errMoved says that a process is not where the snapshot showed it.
var errMoved = errors.New("it is no longer in that call")

// Take copies where the first thread of a process is blocked, and returns the place
// of the sample. It stops the thread for a moment to read its registers: call it when
// the verdict stands. Where the thread cannot be attached the sample has no registers
// but the two that /proc shows. An error means that there is no sample: the process
// is not, or no longer, in the call that p shows.
func (c *Collection) Take(p observe.Process) (int, error) {
	if len(p.Tasks) == 0 || p.Tasks[0].Call.Name == "" {
		return 0, errMoved
	}
	type result struct {
		place int
		err   error
	}
	done := make(chan result)
	crash.Go(func() { // ptrace(2) wants one thread for all requests
		defer close(done)
		runtime.LockOSThread()
		place, attached, err := c.take(p)
		if !attached {
			runtime.UnlockOSThread() // otherwise the thread ends, which detaches
		}
		done <- result{place, err}
	})
	r := <-done
	if r.err != nil {
		return 0, fmt.Errorf("copy the stack of %d: %w", p.ID.PID, r.err)
	}
	return r.place, nil
}

// take is Take on a thread of its own. Attached says that the process still is.
func (c *Collection) take(p observe.Process) (place int, attached bool, err error) {
	task := p.Tasks[0]
	program, err := os.Readlink(taskFile(p.ID.PID, p.ID.PID, "exe"))
	if err != nil {
		return 0, false, err
	}
	if isInterpreter(program) {
		return 0, false, fmt.Errorf("%s runs code that is not on its stack", program)
	}
	before, err := switches(p.ID.PID, task.TID)
	if err != nil {
		return 0, false, err
	}
	var a attachment
	if task.State != observe.DiskSleep { // which nothing but its end interrupts
		a, attached, err = attach(task.TID)
	}
	stopped := a.tid != 0
	if err != nil && !errors.Is(err, errTraced) {
		return 0, attached, err
	}
	s, err := c.copy(p, program, a, stopped)
	if stopped {
		attached = a.detach() != nil
	}
	if err != nil {
		return 0, attached, err
	}
	if !stopped {
		if after, err := switches(p.ID.PID, task.TID); err != nil || after != before {
			return 0, attached, errMoved
		}
	}
	place, err = c.add(s)
	return place, attached, err
}

// copy copies everything of a process that is stopped, or that sleeps.
func (c *Collection) copy(p observe.Process, program string, a attachment, stopped bool) (Sample, error) {
	s, err := position(p)
	if err != nil {
		return s, err
	}
	if stopped {
		if err := s.addRegisters(a); err != nil {
			return s, err
		}
	}
	list, err := regions(p.ID.PID)
	if err != nil {
		return s, err
	}
	memory, err := stackOf(list, s.SP)
	if err != nil {
		return s, err
	}
	if err := s.copyStack(p.ID.PID, memory, mostStack); err != nil {
		return s, err
	}
	c.addCode(&s, p.ID.PID, program, list)
	return s, sameProcess(p.ID)
}

// position reads the two pointers, and makes sure of the call, proc_pid_syscall(5).
func position(p observe.Process) (s Sample, err error) {
	task := p.Tasks[0]
	text, err := os.ReadFile(taskFile(p.ID.PID, task.TID, "syscall"))
	if err != nil {
		return s, err
	}
	call := proc.ParseSyscall(text)
	words := strings.Fields(string(text))
	const pointersAt = 7 // after the number and six arguments
	if call.Number != task.Call.Number || call.Args != task.Call.Args || len(words) != pointersAt+2 {
		return s, errMoved
	}
	var errs [2]error
	s.SP, errs[0] = strconv.ParseUint(words[pointersAt], 0, 64)
	s.PC, errs[1] = strconv.ParseUint(words[pointersAt+1], 0, 64)
	s.set(stackRegister, s.SP)
	return s, errors.Join(errs[:]...)
}

// addRegisters adds the registers of a stopped thread.
func (s *Sample) addRegisters(a attachment) error {
	r, err := a.registers()
	if err != nil {
		return err
	}
	if pc, sp := pointers(&r); pc != s.PC || sp != s.SP {
		return errMoved
	}
	s.setAll(&r)
	return nil
}

// stackOf returns the mapping that the stack is in.
func stackOf(list []region, sp uint64) (region, error) {
	r, found := anonymousAt(list, sp)
	if !found {
		return r, errors.New("its stack is no anonymous memory")
	}
	return r, nil
}

// copyStack copies so many bytes of the stack, which is in r, by process_vm_readv(2).
func (s *Sample) copyStack(pid int, r region, most uint64) error {
	s.Stack = make([]byte, min(r.end-s.SP, most))
	local := []unix.Iovec{{Base: &s.Stack[0], Len: uint64(len(s.Stack))}}
	remote := []unix.RemoteIovec{{Base: uintptr(s.SP), Len: len(s.Stack)}}
	n, err := unix.ProcessVMReadv(pid, local, remote, 0)
	if err != nil {
		return fmt.Errorf("process_vm_readv: %w", err)
	}
	s.Stack = s.Stack[:n]
	return nil
}

// addCode adds the executable mappings, and takes handles of their files.
func (c *Collection) addCode(s *Sample, pid int, program string, list []region) {
	for _, r := range list {
		if !r.executable || len(s.Code) == mostMappings {
			continue
		}
		m := Mapping{Start: r.start, End: r.end, Offset: r.offset, File: -1}
		switch {
		case r.path == program:
			m.Own = true
			m.File = c.place(openProgram(pid))
		case strings.HasPrefix(r.path, "/"):
			m.File = c.place(openBelow(pid, r.path))
		}
		s.Code = append(s.Code, m)
	}
}

// switches counts how often a thread has left the processor: it has slept on as long
// as that stays the same.
func switches(pid, tid int) (uint64, error) {
	text, err := os.ReadFile(taskFile(pid, tid, "status"))
	if err != nil {
		return 0, err
	}
	status, err := proc.ParseStatus(text)
	return status.Voluntary + status.Involuntary, err
}

// sameProcess returns an error if the pid is another process's by now: then what was
// read may be that one's.
func sameProcess(id observe.ProcessID) error {
	text, err := os.ReadFile(taskFile(id.PID, id.PID, "stat"))
	if err != nil {
		return err
	}
	stat, err := proc.ParseStat(text)
	if err == nil && stat.Start != id.Start {
		err = errMoved
	}
	return err
}

func taskFile(pid, tid int, name string) string {
	return fmt.Sprintf("/proc/%d/task/%d/%s", pid, tid, name)
}
