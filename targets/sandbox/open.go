package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/targets/sandbox/wire"
)

// Open opens a host with the best isolation there is.
func Open(limits wire.Limits) (*Host, error) { return open(Probe(), limits) }

// OpenOnMachineNetwork opens a host with the best isolation there is but for
// the network, which is the machine's, for a server that a person wants to reach.
func OpenOnMachineNetwork(limits wire.Limits) (*Host, error) {
	isolation := Probe()
	isolation.Network = false
	return open(isolation, limits)
}

// OpenShared opens a host on the machine's own network, for one of forkproof's
// own servers. It keeps nothing from the server but the number of processes.
func OpenShared(limits wire.Limits) (*Host, error) {
	return open(Isolation{}, wire.Limits{Processes: limits.Processes})
}

func open(isolation Isolation, limits wire.Limits) (h *Host, err error) {
	if !registry.begin() {
		return nil, ErrClosing
	}
	defer func() { registry.end(h) }()
	if err := adoptOrphans(); err != nil {
		return nil, err
	}
	number := hosts.Add(1)
	p := idle.take(isolation, limits)
	if p == nil {
		if p, err = startInit(isolation, limits); err != nil {
			return nil, err
		}
	}
	h = &Host{
		isolation: isolation, init: p,
		exits: map[int]unix.WaitStatus{}, outer: map[int]int{}, empty: make(chan struct{}, 1),
	}
	if err := h.begin(cgroupName(os.Getpid()) + strconv.FormatInt(number, 10)); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

// startInit clones an init into its namespaces, and waits until it is set up.
func startInit(isolation Isolation, limits wire.Limits) (*initPeer, error) {
	ours, theirs, err := controlPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	process, err := known.make(func() (*os.Process, error) {
		return execSelf([]string{wire.InitName}, marker+"="+strconv.Itoa(os.Getpid()), theirs, isolation.attributes())
	})
	if err != nil {
		_ = ours.Close()
		return nil, fmt.Errorf("clone an init with %s: %w", isolation.means(), err)
	}
	p := &initPeer{
		isolation: isolation, limits: limits, process: process, conn: ours,
		replies: map[int]chan reply{}, gone: make(chan struct{}),
	}
	ready := make(chan wire.Message, 1)
	crash.Go(func() { p.listen(ready) })
	if err := p.setUp(ready); err != nil {
		return nil, errors.Join(err, p.end(true))
	}
	return p, nil
}

// setUp tells the init its plan and waits until it is what the plan says.
func (p *initPeer) setUp(ready <-chan wire.Message) error {
	plan := wire.Plan{
		PIDs: p.isolation.PIDs, Network: p.isolation.Network, Mounts: p.isolation.PIDs,
		User: p.isolation.user, Root: p.isolation.otherUID, Limits: p.limits,
	}
	var fds []int
	if p.isolation.Tier != "" && !p.isolation.noCgroup {
		p.cgroups, _ = hierarchies()
		for _, place := range p.cgroups {
			plan.Cgroups = append(plan.Cgroups, wire.GroupPlan{Controllers: place.controllers, V2: place.v2})
			fds = append(fds, int(place.file.Fd()))
		}
	}
	err := wire.Send(p.conn, wire.Message{Op: wire.OpPlan, Plan: &plan}, fds...)
	if err != nil {
		return fmt.Errorf("set up an init: %w", err)
	}
	select {
	case m := <-ready:
		if err := wire.ErrorOf(m); err != nil {
			return err
		}
		if p.nice, err = wire.Nice(p.process.Pid); err != nil {
			return err
		}
		p.standing, err = p.standingNow()
		return err
	case <-p.gone:
		return ErrInitGone
	}
}

// begin opens the host in its init, with control groups of a name.
func (h *Host) begin(name string) error {
	for _, place := range h.init.cgroups {
		h.cgroups = append(h.cgroups, cgroup{place.hierarchy, name})
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	h.thread = h.PID()
	r, err := h.init.askAs(ctx, h, wire.Message{Op: wire.OpOpen, Name: name})
	if err != nil {
		return err
	}
	if r.PID != 0 {
		h.thread = r.PID
	}
	h.isolation.Bounds = r.Bounds
	switch {
	case h.isolation.Tier == "" || h.isolation.noCgroup:
	case r.CgroupReason != "":
		h.isolation.CgroupReason = errors.New(r.CgroupReason)
	default:
		_, h.isolation.CgroupReason = hierarchies()
	}
	return nil
}

// oneProcessor has the Go runtime of an init run one goroutine at a time: it has
// little to do, and no threads to wake for it. It comes first in the environment,
// where the runtime looks.
const oneProcessor = "GOMAXPROCS=1"

// execSelf starts this binary once more, with one more entry in its
// environment and with a socket at descriptor 3.
func execSelf(args []string, entry string, socket *os.File, attributes *syscall.SysProcAttr) (*os.Process, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	defer func() { _ = null.Close() }()
	env := append([]string{oneProcessor}, os.Environ()...)
	process, err := os.StartProcess("/proc/self/exe", args, &os.ProcAttr{
		Files: []*os.File{null, null, null, socket}, Env: append(env, entry), Sys: attributes,
	})
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err // "fork/exec /proc/self/exe" says nothing to a reader
	}
	return process, err
}
