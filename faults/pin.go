package faults

import (
	"cmp"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// A pin holds a process by a pidfd. While it has not been reaped, what
// /proc/PID shows is this process.
type pin struct {
	Target
	fd    int
	files map[string]int // files below /proc/PID that were read, by name
	data  []byte         // what was read last
	// asleep says that the look which showed a signal taken showed the first
	// thread asleep, too.
	asleep bool
}

// hold pins a target. Close the pin with release.
func hold(t Target) (*pin, error) {
	fd, err := unix.PidfdOpen(t.PID, 0)
	if err != nil {
		return nil, failed("pidfd_open", t, err)
	}
	p := &pin{Target: t, fd: fd, files: map[string]int{}}
	if err := p.verify(); err != nil {
		return nil, errors.Join(err, p.release())
	}
	return p, nil
}

// verify makes sure that the pidfd is that of the target: the start time is
// read after it was opened, and the process was not reaped in between.
func (p *pin) verify() error {
	const op = "read start time"
	stat, err := readStat(fmt.Sprintf("/proc/%d/stat", p.PID))
	if err != nil {
		return failed(op, p.Target, err)
	}
	if stat.Start != p.Start {
		return &ProcessGone{p.Target, op}
	}
	if ended, err := p.ended(); err != nil || ended {
		return cmp.Or[error](err, &ProcessGone{p.Target, op})
	}
	return nil
}

// signal sends a signal (pidfd_send_signal(2)).
func (p *pin) signal(sig unix.Signal) error {
	if err := unix.PidfdSendSignal(p.fd, sig, nil, 0); err != nil {
		return failed("pidfd_send_signal "+unix.SignalName(sig), p.Target, err)
	}
	return nil
}

// ended says whether every thread of the process has ended: its pidfd is
// readable then, whether or not the zombie was reaped (pidfd_open(2)).
func (p *pin) ended() (bool, error) {
	for {
		fds := []unix.PollFd{{Fd: int32(p.fd), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return false, failed("poll pidfd", p.Target, err)
		}
		return n > 0, nil
	}
}

// read gives the contents of a short file below /proc/PID until the next read.
// The file is kept open: a storm of signals reads thousands.
func (p *pin) read(name string) ([]byte, error) {
	fd, opened := p.files[name]
	if !opened {
		var err error
		if fd, err = openProcFile(fmt.Sprintf("/proc/%d/%s", p.PID, name)); err != nil {
			return nil, err
		}
		p.files[name] = fd
	}
	if p.data == nil {
		p.data = make([]byte, procFileSize)
	}
	n, err := contents(fd, p.data)
	if err != nil {
		return nil, fmt.Errorf("read /proc/%d/%s: %w", p.PID, name, err)
	}
	return p.data[:n], nil
}

func (p *pin) release() error {
	for _, fd := range p.files {
		_ = unix.Close(fd)
	}
	if err := unix.Close(p.fd); err != nil {
		return failed("close pidfd", p.Target, err)
	}
	return nil
}
