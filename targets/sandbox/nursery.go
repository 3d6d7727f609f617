package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// nurseryName is argv[0] of the nursery.
const nurseryName = "forkproof-nursery"

// A nursery is a small process that clones the keepers of forkproof.
//
// A process with a user namespace of its own cannot be made by vfork, so each
// clone copies the page tables of its maker, who then pays for every page it
// writes to. That is much for forkproof and little for the nursery. The nursery
// also lives, where it may, in a network namespace whose children get small
// tables of connections: see smallTables.
//
// The keepers are forkproof's own children all the same: CLONE_PARENT, clone(2).
type nursery struct {
	mu      sync.Mutex // held from a request until its reply
	conn    *packetConn
	packets *receiver
	process *os.Process
}

// nurseries holds the nursery of this process, which is started with the first
// keeper that has namespaces.
var nurseries struct {
	mu  sync.Mutex
	one *nursery
}

func theNursery() (*nursery, error) {
	nurseries.mu.Lock()
	defer nurseries.mu.Unlock()
	if nurseries.one != nil {
		return nurseries.one, nil
	}
	n, err := startNursery(true)
	if err != nil {
		n, err = startNursery(false)
	}
	if err != nil {
		return nil, err
	}
	nurseries.one = n
	return n, nil
}

// closeNursery ends the nursery of this process, if there is one.
func closeNursery() {
	nurseries.mu.Lock()
	defer nurseries.mu.Unlock()
	if n := nurseries.one; n != nil {
		n.close()
	}
	nurseries.one = nil
}

// startNursery starts one, in a network namespace of its own or in forkproof's.
func startNursery(apart bool) (*nursery, error) {
	var namespace uintptr
	if apart {
		namespace = unix.CLONE_NEWNET
	}
	ours, theirs, err := controlPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	attributes := &syscall.SysProcAttr{Setsid: true, Cloneflags: namespace}
	// It is made while a keeper is, which is noted by the same lock.
	process, err := execSelf([]string{nurseryName, strconv.FormatBool(apart)}, "", theirs, attributes)
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	known.note(process)
	return &nursery{conn: ours, packets: newReceiver(ours), process: process}, nil
}

// clone makes a keeper with these attributes, at whose descriptor 3 is a socket.
func (n *nursery) clone(attributes *syscall.SysProcAttr, mark string, socket *os.File) (*os.Process, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	birth, err := pack(&birth{Mark: mark, Attributes: attributes})
	if err != nil {
		return nil, err
	}
	err = send(n.conn, message{Birth: birth}, int(socket.Fd()))
	var m message
	if err == nil {
		m, _, err = n.packets.next()
	}
	if err != nil {
		n.forget()
		return nil, fmt.Errorf("the process that makes keepers was ended from outside: %w", err)
	}
	if err := asError(m); err != nil {
		return nil, err
	}
	process, err := os.FindProcess(m.PID)
	if err != nil {
		return nil, fmt.Errorf("find the keeper %d: %w", m.PID, err)
	}
	return process, nil
}

// forget has the next keeper come from a new nursery.
func (n *nursery) forget() {
	nurseries.mu.Lock()
	defer nurseries.mu.Unlock()
	if nurseries.one == n {
		nurseries.one = nil
		n.close()
	}
}

func (n *nursery) close() {
	_ = n.conn.Close() // tells it to end
	_ = known.wait(n.process)
}

// A birth is what the nursery makes a keeper with.
type birth struct {
	Mark       string               `json:"mark"` // its entry in the environment
	Attributes *syscall.SysProcAttr `json:"attributes"`
}

// nurse is the life of the nursery. It ends when its socket closes, which it
// does with forkproof.
func nurse(apart string) int {
	conn, err := controlSocket()
	if err != nil {
		return usage(nurseryName, err)
	}
	if apart == strconv.FormatBool(true) {
		_ = smallTables() // the keepers see to it themselves otherwise
	}
	for packets := newReceiver(conn); ; {
		m, fds, err := packets.next()
		if err != nil {
			return 0
		}
		m = give(m.Birth, fds)
		closeAll(fds)
		if send(conn, m) != nil {
			return 0
		}
	}
}

// give clones a keeper, and answers with its pid.
func give(birth packed[birth], fds []int) message {
	b, err := birth.unpack()
	if err != nil {
		return fail(message{}, err)
	}
	if b == nil || b.Attributes == nil || len(fds) != 1 {
		return fail(message{}, fmt.Errorf("a birth takes attributes and 1 descriptor, got %d: %w", len(fds), unix.EINVAL))
	}
	b.Attributes.Cloneflags |= unix.CLONE_PARENT
	pid, err := syscall.ForkExec("/proc/self/exe", []string{keeperName}, &syscall.ProcAttr{
		Env:   append(os.Environ(), b.Mark),
		Files: []uintptr{0, 1, 2, uintptr(fds[0])},
		Sys:   b.Attributes,
	})
	if err != nil {
		return fail(message{}, err)
	}
	return message{PID: pid}
}

// oneProcessor has the Go runtime of a nursery, a keeper or a shim run one
// goroutine at a time: they have little to do, and no threads to wake for it.
// It comes first in their environment, where the runtime looks.
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
	if entry != "" {
		env = append(env, entry)
	}
	process, err := os.StartProcess("/proc/self/exe", args, &os.ProcAttr{
		Files: []*os.File{null, null, null, socket}, Env: env, Sys: attributes,
	})
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err // "fork/exec /proc/self/exe" helps nobody
	}
	return process, err
}
