package stack

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
)

// TakeStopped copies where a thread is that the calling thread traces and has stopped
// at a system call, ptrace(2), and returns the place of the sample.
func (c *Collection) TakeStopped(pid, tid int) (int, error) {
	program, err := os.Readlink(taskFile(pid, tid, "exe"))
	if err != nil {
		return 0, err
	}
	if isInterpreter(program) {
		return 0, fmt.Errorf("%s runs code that is not on its stack", program)
	}
	r, err := attachment{tid: tid}.registers()
	if err != nil {
		return 0, err
	}
	var s Sample
	s.PC, s.SP = pointers(&r)
	s.setAll(&r)
	list, err := regions(pid)
	if err != nil {
		return 0, err
	}
	memory, err := stackOf(list, s.SP)
	if err != nil {
		return 0, err
	}
	if err := s.copyStack(pid, memory, mostStack); err != nil {
		return 0, err
	}
	c.addCode(&s, pid, program, list)
	return c.add(s)
}

// markBytes is how much of the stack tells one place from another: the frame of the C
// library and the address that it returns to.
const markBytes = 256

// A Marker tells places from each other at a small part of the cost of a sample. It
// looks only once which memory is the stack of a process. The zero value is ready.
type Marker struct {
	pid   int
	stack region
}

// Mark returns a number for where a thread is, as TakeStopped sees it. Threads with the
// same number are at the same place; others may be, too.
func (m *Marker) Mark(pid, tid int) (uint64, error) {
	r, err := attachment{tid: tid}.registers()
	if err != nil {
		return 0, err
	}
	var s Sample
	s.PC, s.SP = pointers(&r)
	if m.pid != pid || s.SP < m.stack.start || s.SP >= m.stack.end {
		list, err := regions(pid)
		if err != nil {
			return 0, err
		}
		if m.stack, err = stackOf(list, s.SP); err != nil {
			return 0, err
		}
		m.pid = pid
	}
	if err := s.copyStack(pid, m.stack, markBytes); err != nil {
		return 0, err
	}
	h := fnv.New64a()
	_ = binary.Write(h, binary.NativeEndian, [2]uint64{s.PC, s.SP})
	_, _ = h.Write(s.Stack)
	return h.Sum64(), nil
}
