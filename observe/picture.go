package observe

import (
	"net/netip"
	"slices"
	"time"
)

// A Picture is what one look read.
type Picture struct {
	// At is when the look began.
	At time.Time
	// Processes are the descendants of the root: parents before children,
	// siblings in the order of their start.
	Processes []Process
	// Sockets are all TCP sockets of the namespace, also those that no process
	// of the tree holds; read with Descriptors.
	Sockets []Socket
	// Truncated says that the look stopped at Observer.MaxProcesses.
	Truncated bool
	// Vanished says that a process ended during the look and is not among
	// Processes. Its end may have woken a process that was read before.
	Vanished bool
}

// A Holding is a socket that a process holds, and the descriptor number.
type Holding struct {
	Process ProcessID
	FD      int
	Thread  int // as in Descriptor
	Socket  Socket
}

// Zombies lists the processes that have ended and were not waited for.
func (p Picture) Zombies() []Process {
	return p.where(func(q Process) bool { return q.State == Zombie })
}

// Live lists the processes that can still run.
func (p Picture) Live() []Process { return p.where(Process.Alive) }

// CPU returns the processor time that the processes of the picture have used.
func (p Picture) CPU() time.Duration {
	var sum time.Duration
	for _, q := range p.Processes {
		sum += q.CPU
	}
	return sum
}

func (p Picture) where(wanted func(Process) bool) []Process {
	var list []Process
	for _, q := range p.Processes {
		if wanted(q) {
			list = append(list, q)
		}
	}
	return list
}

// Find returns the process with an ID.
func (p Picture) Find(id ProcessID) (Process, bool) {
	for _, q := range p.Processes {
		if q.ID == id {
			return q, true
		}
	}
	return Process{}, false
}

// ByPID returns the process that has a pid in this picture.
func (p Picture) ByPID(pid int) (Process, bool) {
	for _, q := range p.Processes {
		if q.ID.PID == pid {
			return q, true
		}
	}
	return Process{}, false
}

// Tracer returns the process of the tree to which a thread belongs; false when it
// belongs to none, as a tracer of forkproof does not.
func (p Picture) Tracer(tid int) (Process, bool) {
	for _, q := range p.Processes {
		if _, found := q.Task(tid); found || q.ID.PID == tid {
			return q, true
		}
	}
	return Process{}, false
}

// Listening lists the listening sockets with the processes that hold them, in the
// order of the processes and of their descriptor numbers.
func (p Picture) Listening() []Holding {
	return p.holdings(func(d Descriptor) bool { return d.Kind == ListeningSocket })
}

// Holders lists the processes that hold the socket with an inode, and under which
// descriptor numbers. No process holds inode 0.
func (p Picture) Holders(inode uint32) []Holding {
	if inode == 0 {
		return nil
	}
	return p.holdings(func(d Descriptor) bool { return d.Socket.Inode == inode })
}

func (p Picture) holdings(wanted func(Descriptor) bool) []Holding {
	var list []Holding
	for _, q := range p.Processes {
		for _, d := range q.Descriptors {
			if d.Socket != nil && wanted(d) {
				list = append(list, Holding{Process: q.ID, FD: d.FD, Thread: d.Thread, Socket: *d.Socket})
			}
		}
	}
	return list
}

// Unheld lists the sockets that some file refers to, and that no descriptor of the
// tree does. Such a file may be held by a process outside of the tree, by one that
// could not be read or that ended during the look, by a message that was not
// received, unix(7), SCM_RIGHTS, by an io_uring, io_uring_register(2), by a poll of
// io_submit(2), or by a call that closes it.
func (p Picture) Unheld() []Socket {
	held := map[uint64]bool{0: true}
	for _, q := range p.Processes {
		for _, d := range q.Descriptors {
			held[d.Inode] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(p.Sockets), func(s Socket) bool { return held[uint64(s.Inode)] })
}

// Connection returns the server's end of a client's connection. It takes both
// addresses, because on a network that other programs use the client's port may
// have been that of a connection to another server. It returns a socket in
// TIME_WAIT only when there is no other.
func (p Picture) Connection(client, server netip.AddrPort) (Socket, bool) {
	client, server = unmap(client), unmap(server)
	var last Socket
	var found bool
	for _, s := range p.Sockets {
		if s.Peer != client || s.Local != server || client.Port() == 0 {
			continue
		}
		if s.State != TimeWait {
			return s, true
		}
		last, found = s, true
	}
	return last, found
}
