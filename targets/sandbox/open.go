package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Open starts a keeper with the best isolation there is.
func Open(limits Limits) (*Host, error) {
	isolation := Probe()
	if h, err := first.take(isolation, limits); h != nil || err != nil {
		return h, err
	}
	return open(isolation, limits)
}

// OpenOnMachineNetwork starts a keeper with the best isolation there is but for
// the network, which is the machine's, for a server that a person wants to reach.
func OpenOnMachineNetwork(limits Limits) (*Host, error) {
	isolation := Probe()
	isolation.Network = false
	return open(isolation, limits)
}

// OpenShared starts a keeper on the machine's own network, for one of
// forkproof's own servers. It keeps nothing from the server but the number of
// processes.
func OpenShared(limits Limits) (*Host, error) {
	return open(Isolation{}, Limits{Processes: limits.Processes})
}

func open(isolation Isolation, limits Limits) (h *Host, err error) {
	if !registry.begin() {
		return nil, ErrClosing
	}
	defer func() { registry.end(h) }()
	if err := adoptOrphans(); err != nil {
		return nil, err
	}
	h = &Host{
		isolation: isolation,
		replies:   map[int]chan reply{}, exits: map[int]unix.WaitStatus{}, outer: map[int]int{},
		gone: make(chan struct{}), empty: make(chan struct{}, 1), ready: make(chan message, 1),
	}
	number := hosts.Add(1)
	h.mark = fmt.Sprintf("%s=%d.%d", marker, os.Getpid(), number)
	if err := h.startKeeper(); err != nil {
		return nil, err
	}
	go h.listen()
	if err := h.setUp(cgroupName(os.Getpid())+strconv.FormatInt(number, 10), limits); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// startKeeper clones the keeper into its namespaces.
func (h *Host) startKeeper() error {
	ours, theirs, err := controlPair()
	if err != nil {
		return err
	}
	defer func() { _ = theirs.Close() }()
	process, err := known.make(func() (*os.Process, error) { return h.clone(theirs) })
	if err != nil {
		_ = ours.Close()
		return fmt.Errorf("clone a keeper with %s: %w", h.isolation.means(), err)
	}
	h.conn, h.process = ours, process
	return nil
}

// clone has the nursery make the keeper, unless it is to live in the network
// namespace that forkproof is in.
func (h *Host) clone(socket *os.File) (*os.Process, error) {
	if !h.isolation.Network {
		return execSelf([]string{keeperName}, h.mark, socket, h.isolation.attributes())
	}
	n, err := theNursery()
	if err != nil {
		return nil, fmt.Errorf("start the nursery: %w", err)
	}
	return n.clone(h.isolation.attributes(), h.mark, socket)
}

// setUp tells the keeper its plan and waits until it is what the plan says.
func (h *Host) setUp(name string, limits Limits) error {
	p := plan{
		PIDs: h.isolation.PIDs, Network: h.isolation.Network, Mounts: h.isolation.PIDs,
		User: h.isolation.user, Root: h.isolation.otherUID, Limits: limits,
	}
	var fds []int
	if h.isolation.Tier != "" && !h.isolation.noCgroup {
		places, err := hierarchies()
		h.isolation.CgroupReason = err
		for _, place := range places {
			h.cgroups = append(h.cgroups, cgroup{place.hierarchy, name})
			p.Cgroups = append(p.Cgroups, groupPlan{place.controllers, place.v2})
			fds = append(fds, int(place.file.Fd()))
		}
		p.CgroupName = name
	}
	packed, err := pack(&p)
	if err == nil {
		err = send(h.conn, message{Op: opPlan, Plan: packed}, fds...)
	}
	if err != nil {
		return fmt.Errorf("set up a keeper: %w", err)
	}
	select {
	case m := <-h.ready:
		h.isolation.Bounds = m.Bounds
		if m.CgroupReason != "" {
			h.isolation.CgroupReason = errors.New(m.CgroupReason)
		}
		return asError(m)
	case <-h.gone:
		return ErrKeeperGone
	}
}
