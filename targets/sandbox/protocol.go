package sandbox

import (
	"encoding/json"
	"fmt"
	"net"

	"golang.org/x/sys/unix"
)

// Operations that the keeper understands.
const (
	opStart  = "start"  // run Program; the message carries its standard input and output
	opSocket = "socket" // open Count sockets; the reply carries them
	opStop   = "stop"   // end the whole tree, reply when nothing of it is left
)

// Events that the keeper reports unasked.
const (
	eventReady = "ready" // the keeper is set up, or Error says why not
	eventExit  = "exit"  // a started command ended with Status
	eventEmpty = "empty" // the last process of the tree has ended
	eventLimit = "limit" // the tree grew past the limit of processes and was ended
)

// maxDescriptors is how many descriptors one message may carry: SCM_MAX_FD of
// the kernel, unix(7).
const maxDescriptors = 253

// maxMessage bounds one message; the longest is a command line.
const maxMessage = 128 << 10

// A message is one packet on the control socket, either way.
type message struct {
	ID      int      `json:"id,omitempty"` // pairs a reply with its request; 0 for events
	Op      string   `json:"op,omitempty"`
	Program *Program `json:"program,omitempty"`
	Domain  int      `json:"domain,omitempty"`
	Type    int      `json:"type,omitempty"`
	Proto   int      `json:"proto,omitempty"`
	Count   int      `json:"count,omitempty"`

	Event  string          `json:"event,omitempty"`
	PID    int             `json:"pid,omitempty"`
	Status unix.WaitStatus `json:"status,omitempty"`
	Error  string          `json:"error,omitempty"`
	Errno  unix.Errno      `json:"errno,omitempty"`
}

// send writes m and the descriptors fds as one packet.
func send(conn *net.UnixConn, m message, fds ...int) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s%s: %w", m.Op, m.Event, err)
	}
	if len(data) > maxMessage {
		return fmt.Errorf("send %s: %d bytes are more than the control socket's %d: %w",
			m.Op, len(data), maxMessage, unix.E2BIG)
	}
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	if _, _, err := conn.WriteMsgUnix(data, rights, nil); err != nil {
		return fmt.Errorf("send %s%s: %w", m.Op, m.Event, err)
	}
	return nil
}

// A receiver reads packets from one control socket.
type receiver struct {
	conn      *net.UnixConn
	data, oob []byte
}

func newReceiver(conn *net.UnixConn) *receiver {
	return &receiver{conn, make([]byte, maxMessage), make([]byte, unix.CmsgSpace(4*maxDescriptors))}
}

// next reads one packet with the descriptors it carries, all close-on-exec.
func (r *receiver) next() (message, []int, error) {
	data, oob := r.data, r.oob
	n, oobn, _, _, err := r.conn.ReadMsgUnix(data, oob)
	if err != nil {
		return message{}, nil, err
	}
	if n == 0 {
		return message{}, nil, net.ErrClosed
	}
	fds, err := parseRights(oob[:oobn])
	if err != nil {
		return message{}, nil, err
	}
	var m message
	if err := json.Unmarshal(data[:n], &m); err != nil {
		closeAll(fds)
		return message{}, nil, fmt.Errorf("decode message: %w", err)
	}
	return m, fds, nil
}

func parseRights(oob []byte) ([]int, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, fmt.Errorf("parse control message: %w", err)
	}
	var fds []int
	for i := range messages {
		more, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			closeAll(fds)
			return nil, fmt.Errorf("parse descriptors: %w", err)
		}
		fds = append(fds, more...)
	}
	return fds, nil
}

func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
