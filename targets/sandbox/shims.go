package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// A seed is a shim that waits to become a program.
type seed struct {
	pid  int
	conn *packetConn
}

// plant starts a shim. Executing this binary takes some milliseconds, so one
// is made ahead.
func plant(cgroups []joint) (*seed, error) {
	ours, theirs, err := controlPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer func() { _ = null.Close() }()
	files := []uintptr{null.Fd(), null.Fd(), null.Fd(), theirs.Fd()}
	for _, group := range cgroups {
		files = append(files, uintptr(group.procs))
	}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{shimName, strconv.Itoa(len(cgroups))}, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true, Pdeathsig: unix.SIGKILL},
	})
	if err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("start a shim: %w", err)
	}
	return &seed{pid, ours}, nil
}

// grow has the shim become the program of a message. The error is why it could not.
func (s *seed) grow(into message, fds []int) error {
	defer func() { _ = s.conn.Close() }()
	if err := send(s.conn, into, fds...); err != nil {
		return err
	}
	m, rights, err := newReceiver(s.conn).next()
	closeAll(rights)
	if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) {
		return nil // execve(2) closed its end
	}
	return errors.Join(err, asError(m))
}
