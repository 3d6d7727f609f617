package life

import (
	"encoding/binary"
	"fmt"
	"slices"

	"golang.org/x/sys/unix"
)

// outcome tells what the call returned: "= 4", "= -1 EAGAIN", "= 0: end of file".
func (m *made) outcome() string {
	switch {
	case !m.returned:
		return ""
	case m.result < 0:
		return fmt.Sprintf(" = -1 %s", unix.ErrnoName(unix.Errno(-m.result)))
	case m.result == 0 && slices.Contains([]string{"read", "recv"}, m.name) && m.args[2] > 0:
		return " = 0: end of file"
	case m.name == "waitpid" && m.result > 0:
		return fmt.Sprintf(" = %d%s", m.outer(int(m.result)), m.how())
	case (m.name == "fork" || m.name == "vfork") && m.result > 0:
		return fmt.Sprintf(" = %d", m.outer(int(m.result)))
	}
	return fmt.Sprintf(" = %d", m.result)
}

// how tells how the child ended that a waitpid has waited for.
func (m *made) how() string {
	data := m.memory(m.args[1], 4)
	if len(data) < 4 {
		return ""
	}
	return ": " + described(unix.WaitStatus(binary.NativeEndian.Uint32(data)))
}

func described(s unix.WaitStatus) string {
	switch {
	case s.Signaled():
		return "killed by " + unix.SignalName(s.Signal())
	case s.Stopped():
		return "stopped by " + unix.SignalName(s.StopSignal())
	case s.Continued():
		return "continued"
	}
	return fmt.Sprintf("exit status %d", s.ExitStatus())
}
