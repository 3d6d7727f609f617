package match

import (
	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/observe"
)

// Quiet says whether the clients' own side is at rest: everything that can be
// sent is sent, and everything that arrived is read. Until then what the
// server shows proves nothing.
func Quiet(s Snapshot) bool {
	for _, c := range s.Clients {
		if !quiet(s, c) {
			return false
		}
	}
	return !writesOutput(s)
}

// AtTracer says whether a thread is in a tracer's stop. It runs again as soon as the
// tracer resumes it, so the tree is not asleep.
func AtTracer(s Snapshot) bool {
	for _, p := range s.Picture.Live() {
		for _, t := range p.Tasks {
			if t.State == observe.TraceStop {
				return true
			}
		}
	}
	return false
}

// writesOutput says whether a process waits to write its output, which
// forkproof drains. A write to a pipe between two processes of the server is
// no business of ours.
func writesOutput(s Snapshot) bool {
	for _, p := range s.Picture.Live() {
		for _, t := range p.Tasks {
			fd, _ := t.Call.FD()
			if t.Call.Name != "write" && t.Call.Name != "writev" {
				continue
			}
			for _, d := range p.Descriptors {
				if d.FD == fd && d.Kind == observe.Pipe && d.Inode == s.OutputPipe {
					return true
				}
			}
		}
	}
	return false
}

func quiet(s Snapshot, c *Client) bool {
	h := c.History()
	own, found := clientSocket(s, c)
	switch {
	case h.End == clients.Dialing:
		return connecting(s) // begun, as far as the kernel knows
	case !found:
		// The kernel has forgotten it: it was refused or reset, and a client
		// that reads, or has something to send, is about to see that.
		sends := h.Sent < h.Queued && h.SendErr == nil && !h.Awaits
		return c.NotReading && !sends || h.Ended() || h.ClosedByUs()
	case h.ClosedByUs():
		// A process that forkproof is just starting may hold the socket for a
		// moment longer: then no FIN has been sent yet.
		return own.State != observe.Established && own.State != observe.CloseWait
	case stillSends(h, own):
		return false
	case c.NotReading || h.Ended():
		return true
	}
	return own.RecvQueue == 0 && !endArrived(own.State)
}

// endArrived says whether the other side's end has come to a socket, which a
// client that reads is about to see. In TIME_WAIT the kernel shows no queue any
// more, and there may be as much in it as fits.
func endArrived(state observe.TCPState) bool {
	switch state {
	case observe.CloseWait, observe.LastAck, observe.Closing, observe.TimeWait, observe.Close:
		return true
	}
	return false
}

// stillSends says whether a client has something to send, its FIN included, and
// is not kept from it by a full queue, or by a server that has to speak first.
func stillSends(h clients.History, own observe.Socket) bool {
	unsent := h.Sent < h.Queued || h.FINQueued && !h.FINSent
	return unsent && !h.Awaits && h.SendErr == nil && (!h.SendBlocked || own.SendQueue == 0)
}

// connecting says whether some connection to the server is being made.
func connecting(s Snapshot) bool { return clientsIn(s, observe.SynSent) > 0 }

// clientsIn counts the clients' sockets in a state.
func clientsIn(s Snapshot, state observe.TCPState) int {
	n := 0
	for _, k := range s.Picture.Sockets {
		if k.State == state && k.Peer.Port() == s.Address.Port() {
			n++
		}
	}
	return n
}
