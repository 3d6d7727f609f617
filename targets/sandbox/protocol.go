package sandbox

import (
	"encoding/json"
	"fmt"

	"golang.org/x/sys/unix"
)

// Operations that the keeper understands.
const (
	opPlan   = "plan"   // be what Plan says; the message carries the directories of its control groups
	opOpen   = "open"   // open a host, whose control groups have Name; the reply has its thread
	opClose  = "close"  // end the host and its tree, reply when nothing of it is left
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
	ID      int             `json:"id,omitempty"` // pairs a reply with its request; 0 for events
	Op      string          `json:"op,omitempty"`
	Program packed[Program] `json:"program,omitempty"`
	Plan    packed[plan]    `json:"plan,omitempty"`
	Name    string          `json:"name,omitempty"`
	Domain  int             `json:"domain,omitempty"`
	Type    int             `json:"type,omitempty"`
	Proto   int             `json:"proto,omitempty"`
	Count   int             `json:"count,omitempty"`

	Event        string          `json:"event,omitempty"`
	Host         int             `json:"host,omitempty"` // the request that opened the host of an event
	Bounds       []string        `json:"bounds,omitempty"`
	CgroupReason string          `json:"cgroup_reason,omitempty"`
	PID          int             `json:"pid,omitempty"`
	Status       unix.WaitStatus `json:"status,omitempty"`
	Error        string          `json:"error,omitempty"`
	Errno        unix.Errno      `json:"errno,omitempty"`

	// sender is the pid that the kernel says the message is from, in the
	// namespace of its receiver; 0 when the socket does not ask for it.
	sender int `json:"-"`
}

// send writes m and the descriptors fds as one packet.
func send(conn *packetConn, m message, fds ...int) error {
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	return write(conn, m, rights)
}

// sendAs writes m in the name of a child, so that the kernel tells the
// receiver the child's pid in the receiver's namespace: SCM_CREDENTIALS, unix(7).
func sendAs(conn *packetConn, pid int, m message) error {
	return write(conn, m, unix.UnixCredentials(&unix.Ucred{
		Pid: int32(pid), Uid: uint32(unix.Getuid()), Gid: uint32(unix.Getgid()),
	}))
}

func write(conn *packetConn, m message, control []byte) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode %s%s: %w", m.Op, m.Event, err)
	}
	if len(data) > maxMessage {
		return fmt.Errorf("send %s: %d bytes are more than the control socket's %d: %w",
			m.Op, len(data), maxMessage, unix.E2BIG)
	}
	if err := conn.write(data, control); err != nil {
		return fmt.Errorf("send %s%s: %w", m.Op, m.Event, err)
	}
	return nil
}

// A receiver reads packets from one control socket.
type receiver struct {
	conn      *packetConn
	data, oob []byte
}

func newReceiver(conn *packetConn) *receiver {
	return &receiver{conn, make([]byte, maxMessage), make([]byte, unix.CmsgSpace(4*maxDescriptors)+unix.CmsgSpace(unix.SizeofUcred))}
}

// next reads one packet with the descriptors it carries, all close-on-exec.
func (r *receiver) next() (message, []int, error) {
	data, oob := r.data, r.oob
	n, oobn, err := r.conn.read(data, oob)
	if err != nil {
		return message{}, nil, err
	}
	fds, sender, err := parseControl(oob[:oobn])
	if err != nil {
		return message{}, nil, err
	}
	m := message{sender: sender}
	if err := json.Unmarshal(data[:n], &m); err != nil {
		closeAll(fds)
		return message{}, nil, fmt.Errorf("decode message: %w", err)
	}
	return m, fds, nil
}

// parseControl gives the descriptors and the sender's pid of a packet.
func parseControl(oob []byte) (fds []int, sender int, err error) {
	if len(oob) == 0 {
		return nil, 0, nil
	}
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil, 0, fmt.Errorf("parse control message: %w", err)
	}
	for i := range messages {
		if credentials, err := unix.ParseUnixCredentials(&messages[i]); err == nil {
			sender = int(credentials.Pid)
			continue
		}
		more, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			closeAll(fds)
			return nil, 0, fmt.Errorf("parse descriptors: %w", err)
		}
		fds = append(fds, more...)
	}
	return fds, sender, nil
}
