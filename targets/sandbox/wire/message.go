package wire

import (
	"encoding/json"
	"fmt"

	"golang.org/x/sys/unix"
)

// Operations that the init understands.
const (
	OpPlan   = "plan"   // be what Plan says; the message carries the directories of its control groups
	OpOpen   = "open"   // open a host, whose control groups have Name; the reply has its thread
	OpClose  = "close"  // end the host and its tree, reply when nothing of it is left
	OpStart  = "start"  // run Program; the message carries its standard input and output
	OpSocket = "socket" // open Count sockets; the reply carries them
	OpDir    = "dir"    // open the directory Name as the programs of the host see it; the reply carries it
	OpStop   = "stop"   // end the whole tree, reply when nothing of it is left
)

// Events that the init reports unasked.
const (
	EventReady  = "ready"  // the init is set up, or Error says why not
	EventExit   = "exit"   // a started command ended with Status
	EventEmpty  = "empty"  // the last process of the tree has ended
	EventLimit  = "limit"  // the tree grew past the limit of processes and was ended
	EventMemory = "memory" // it had more shared memory than its limit and was ended
)

// MaxDescriptors is how many descriptors one message may carry: SCM_MAX_FD of
// the kernel, unix(7).
const MaxDescriptors = 253

// maxMessage bounds one message; the longest is a command line.
const maxMessage = 128 << 10

// A Message is one packet on the control socket, either way.
type Message struct {
	ID      int      `json:"id,omitempty"` // pairs a reply with its request; 0 for events
	Op      string   `json:"op,omitempty"`
	Program *Program `json:"program,omitempty"`
	Plan    *Plan    `json:"plan,omitempty"`
	Name    string   `json:"name,omitempty"`
	Domain  int      `json:"domain,omitempty"`
	Type    int      `json:"type,omitempty"`
	Proto   int      `json:"proto,omitempty"`
	Count   int      `json:"count,omitempty"`

	Event        string          `json:"event,omitempty"`
	Host         int             `json:"host,omitempty"` // the request that opened the host of an event
	Bounds       []string        `json:"bounds,omitempty"`
	CgroupReason string          `json:"cgroup_reason,omitempty"`
	PID          int             `json:"pid,omitempty"`
	Status       unix.WaitStatus `json:"status,omitempty"`
	Error        string          `json:"error,omitempty"`
	Errno        unix.Errno      `json:"errno,omitempty"`

	// Sender is the pid that the kernel says the message is from, in the
	// namespace of its receiver; 0 when the socket does not ask for it.
	Sender int `json:"-"`
}

// Send writes m and the descriptors fds as one packet.
func Send(conn *Conn, m Message, fds ...int) error {
	var rights []byte
	if len(fds) > 0 {
		rights = unix.UnixRights(fds...)
	}
	return write(conn, m, rights)
}

// SendAs writes m in the name of a child, so that the kernel tells the
// receiver the child's pid in the receiver's namespace: SCM_CREDENTIALS, unix(7).
func SendAs(conn *Conn, pid int, m Message) error {
	return write(conn, m, unix.UnixCredentials(&unix.Ucred{
		Pid: int32(pid), Uid: uint32(unix.Getuid()), Gid: uint32(unix.Getgid()),
	}))
}

func write(conn *Conn, m Message, control []byte) error {
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

// A Receiver reads packets from one control socket.
type Receiver struct {
	conn      *Conn
	data, oob []byte
}

// NewReceiver returns a Receiver of a control socket.
func NewReceiver(conn *Conn) *Receiver {
	return &Receiver{conn, make([]byte, maxMessage), make([]byte, unix.CmsgSpace(4*MaxDescriptors)+unix.CmsgSpace(unix.SizeofUcred))}
}

// Next reads one packet with the descriptors it carries, all close-on-exec.
func (r *Receiver) Next() (Message, []int, error) {
	data, oob := r.data, r.oob
	n, oobn, err := r.conn.read(data, oob)
	if err != nil {
		return Message{}, nil, err
	}
	fds, sender, err := parseControl(oob[:oobn])
	if err != nil {
		return Message{}, nil, err
	}
	m := Message{Sender: sender}
	if err := json.Unmarshal(data[:n], &m); err != nil {
		CloseFDs(fds)
		return Message{}, nil, fmt.Errorf("decode message: %w", err)
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
			CloseFDs(fds)
			return nil, 0, fmt.Errorf("parse descriptors: %w", err)
		}
		fds = append(fds, more...)
	}
	return fds, sender, nil
}
