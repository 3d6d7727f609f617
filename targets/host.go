package targets

import (
	"context"
	"errors"
	"net/netip"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// A Host is where servers run: it holds their processes together and, where
// the machine allows it, gives them a network of their own. Servers on one
// host, one after another, share that network, its ports and its TIME_WAITs.
type Host struct {
	// Call, when not nil, calls a witness of what some processes do.
	Call func(context.Context, []observe.ProcessID) (Witness, error)
	// BeforeLook, when not nil, is called before each look: whoever traces the processes
	// lets them have what the kernel has for them, as the end of a child.
	BeforeLook func()
	// Seen, when not nil, is given what each look at everything shows.
	Seen func(observe.Picture)

	box      *sandbox.Host
	observer *observe.Observer
	sockets  observe.SocketTable
	limits   Limits
	port     uint16
	spare    spareSockets
}

// NewHost makes a host. An error is the machine's fault, never a server's.
func NewHost(ctx context.Context, limits Limits) (*Host, error) {
	box, err := sandbox.Open(limits.sandbox())
	if err != nil {
		return nil, err
	}
	h := &Host{box: box, limits: limits, port: drawnPort()}
	if !box.Isolation().Network {
		if h.port, err = freePort(); err != nil {
			return nil, errors.Join(err, box.Close())
		}
	}
	h.observe(ctx)
	return h, nil
}

func (h *Host) observe(ctx context.Context) {
	h.sockets = h.socketTable(ctx)
	h.observer = observe.New(h.box.PID(), h.sockets)
	h.observer.ChildrenOfFirstThread, h.observer.Starter = true, h.box.Thread()
}

// socketTable asks the kernel for sockets over netlink, and reads
// /proc/PID/net/tcp where inet_diag is missing.
func (h *Host) socketTable(ctx context.Context) observe.SocketTable {
	fds, err := h.box.Sockets(ctx, unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_SOCK_DIAG, 1)
	if err != nil {
		return observe.NewProcSockets(h.box.Thread())
	}
	table := observe.NewNetlinkSockets(fds[0])
	if hasInetDiag.Load() {
		return table
	}
	if _, err := table.TCP(); err != nil {
		_ = table.Close()
		return observe.NewProcSockets(h.box.Thread())
	}
	hasInetDiag.Store(true)
	return table
}

// hasInetDiag says that the kernel has answered once: then it always does.
var hasInetDiag atomic.Bool

// Look takes a picture of everything that runs on the host.
func (h *Host) Look(detail observe.Detail) (observe.Picture, error) {
	if h.BeforeLook != nil {
		h.BeforeLook()
	}
	now, err := h.observer.Look(detail)
	if err == nil && detail == observe.Everything && h.Seen != nil {
		h.Seen(now)
	}
	return now, err
}

// Sockets lists the TCP sockets of the network that the servers are in.
func (h *Host) Sockets() ([]observe.Socket, error) {
	if h.sockets == nil {
		return nil, nil
	}
	return h.sockets.TCP()
}

// Init is the process that the servers run below, and that adopts their orphans.
func (h *Host) Init() int { return h.box.PID() }

// Isolation says how the host is kept apart from the machine.
func (h *Host) Isolation() sandbox.Isolation { return h.box.Isolation() }

// Overgrown says how many processes the host had when they were all ended for
// being more than Limits.Processes; 0 when they never were.
func (h *Host) Overgrown() int { return h.box.Overgrown() }

// OutOfMemory says whether the kernel killed a process on the host because the
// server had used up the memory that it may have.
func (h *Host) OutOfMemory() bool { return h.box.OutOfMemory() }

// Empty says whether no process is left on the host. A look can miss a process
// that changes its parent at that moment; the init, who waits for all of
// them, cannot.
func (h *Host) Empty() bool { return h.box.Empty() }

// Lost says that the host can no longer be trusted: its init is gone.
func (h *Host) Lost() bool {
	select {
	case <-h.box.Gone():
		return true
	default:
		return false
	}
}

// Stop ends every process on the host and returns when none is left. The host
// and its network stay.
func (h *Host) Stop(ctx context.Context) error { return h.box.StopAll(ctx) }

// Close ends every process on the host, and the host.
func (h *Host) Close() error {
	h.spare.close()
	err := h.box.Close()
	h.observer.Close()
	if table, ok := h.sockets.(*observe.NetlinkSockets); ok {
		_ = table.Close()
	}
	return err
}

// dialable gives the address at which a listening socket is reached from the
// same machine: the loopback address for a wildcard.
func dialable(listening netip.AddrPort) netip.AddrPort {
	addr := listening.Addr().Unmap()
	switch {
	case addr == netip.IPv4Unspecified():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case addr == netip.IPv6Unspecified():
		addr = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(addr, listening.Port())
}
