// Package life records what a server does: the system calls of its processes, signals and
// stops, and after each the descriptor tables. It traces the processes with ptrace(2).
package life

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/report/life"
	"github.com/forkproof/forkproof/targets"
)

// Most is how many events of a server are recorded: two for each call.
const Most = 200_000

// A Recorder records one life. Several goroutines may use it at once.
type Recorder struct {
	mu      sync.Mutex
	life    life.Life
	begun   time.Time
	tables  *tables
	threads map[int]*made // the call that a thread is in, by TID
	entered map[int]time.Time
	places  map[int]uint64 // the mark of where a thread has made its call
	where   *places
	// serving says of a process that it has made a socket: what it does before is how
	// programs start. early counts the calls that are not told for that.
	serving map[int]bool
	early   map[int]int
	hidden  int
	// before says that the processes do not run the server yet.
	before bool
	// begins says that one of them has made a socket.
	begins bool
	// Quiet says that the steps of the spec are not told, as they say again what clients do.
	Quiet   bool
	stopped bool
	cut     bool
	inside  map[int]int // pids in the server's namespace to those outside
	clients []func() life.Client

	watched []*trace.Injected
}

// NewRecorder returns a recorder of a life in which the clients do what scenario says.
func NewRecorder(command []string, scenario string) *Recorder {
	r := &Recorder{life: life.Life{Command: command, Scenario: scenario}}
	r.reset()
	return r
}

// reset forgets what was recorded.
func (r *Recorder) reset() {
	r.life = life.Life{Command: r.life.Command, Scenario: r.life.Scenario}
	r.begun, r.tables, r.stopped, r.cut, r.begins, r.hidden, r.clients, r.watched = time.Now(), nil, false, false, false, 0, nil, nil
	r.threads, r.entered, r.places, r.where = map[int]*made{}, map[int]time.Time{}, map[int]uint64{}, newPlaces()
	r.serving, r.inside, r.early = map[int]bool{}, map[int]int{}, map[int]int{}
}

// Start starts a command on a host, and records what it does from its first instruction
// on. The errors are those of targets.Host.Start, and a trace.NotTraceable where the
// machine does not allow it.
func (r *Recorder) Start(ctx context.Context, host *targets.Host, command targets.Command) (*targets.Server, error) {
	r.mu.Lock()
	if r.stopped { // this is another attempt
		r.reset()
	}
	r.mu.Unlock()
	held, err := host.Hold(ctx, command)
	if err != nil {
		return nil, err
	}
	now, err := host.Look(0)
	if err != nil {
		return nil, fmt.Errorf("look at the server: %w", err)
	}
	one, found := now.ByPID(held.PID)
	if !found {
		return nil, fmt.Errorf("process %d has ended before it was released", held.PID)
	}
	sockets := func() ([]observe.Socket, error) { return host.Sockets() }
	host.BeforeLook = trace.CatchUp
	if err := r.follow(ctx, []observe.Process{one}, sockets, true); err != nil {
		return nil, err
	}
	server, err := held.Release(ctx)
	if err == nil {
		r.mu.Lock()
		r.life.Address = server.Listening.String()
		r.mu.Unlock()
	}
	return server, err
}

// Attach records what processes do from now on, and all that they fork. The kernel's
// table of their TCP sockets is what sockets returns. The errors are those of trace.Watch.
func (r *Recorder) Attach(ctx context.Context, list []observe.Process, sockets func() ([]observe.Socket, error)) error {
	return r.follow(ctx, list, sockets, false)
}

// follow is Attach. Before says that the process has yet to execute the server: what it
// does until then is not the server's.
func (r *Recorder) follow(ctx context.Context, list []observe.Process, sockets func() ([]observe.Socket, error), before bool) error {
	r.mu.Lock()
	if r.tables == nil {
		r.tables = newTables(sockets)
	}
	r.tables.sockets, r.before = sockets, before
	ids := make([]process.ID, len(list))
	for i, p := range list {
		ids[i] = process.ID(p.ID)
		r.addProcess(p.ID.PID, p.Parent)
		if before {
			continue
		}
		state := life.Change{PID: p.ID.PID, State: life.Running}
		if !p.Alive() {
			state.State = life.Zombie
		}
		r.serving[p.ID.PID], r.begins = true, true
		changes := append([]life.Change{state}, r.tables.read(p.ID.PID)...)
		r.add(life.Step{Kind: life.Note, PID: p.ID.PID, Text: "is there", Changes: changes}, time.Now())
	}
	r.mu.Unlock()
	watched, err := trace.Watch(ctx, ids, Most, r.take)
	var refused *trace.NotTraceable
	if errors.As(err, &refused) {
		return fmt.Errorf("%v cannot be traced: %s: %s", refused.Process, refused.Reason, refused.Remedy)
	}
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watched = append(r.watched, watched)
	return nil
}

func (r *Recorder) addProcess(pid, parent int) {
	p := life.Process{PID: pid, Parent: parent, Inside: observe.InnerPID(pid), ParentInside: observe.InnerPID(parent)}
	r.inside[cmp.Or(p.Inside, pid)] = pid
	r.life.Processes = append(r.life.Processes, p)
}

// outer returns the pid outside of one that the server uses.
func (r *Recorder) outer(pid int) int { return cmp.Or(r.inside[pid], pid) }

// add adds a step.
func (r *Recorder) add(s life.Step, at time.Time) {
	s.AtUS = at.Sub(r.begun).Microseconds()
	if s.BeganUS == 0 {
		s.BeganUS = s.AtUS
	}
	r.life.Steps = append(r.life.Steps, s)
}

// Note adds a step of the scenario.
func (r *Recorder) Note(text string) {
	if !r.Quiet {
		r.tell(life.Step{Kind: life.Note, Text: text})
	}
}

// Client adds a step of a client: "client 1 leaves".
func (r *Recorder) Client(name, does string) {
	r.tell(life.Step{Kind: life.Came, Client: name, Text: name + " " + does})
}

// Came tells the recorder of a client, whose address is asked for at the end.
func (r *Recorder) Came(name string, address func() netip.AddrPort) {
	r.Client(name, "connects")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients = append(r.clients, func() life.Client {
		c := life.Client{Name: name}
		if a := address(); a.IsValid() {
			c.Address = a.String()
		}
		return c
	})
}

func (r *Recorder) tell(s life.Step) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stopped {
		r.add(s, time.Now())
	}
}

// Stop ends the recording; the processes go on unseen.
func (r *Recorder) Stop() error {
	r.mu.Lock()
	r.stopped = true
	watched := r.watched
	r.mu.Unlock()
	var errs []error
	for _, w := range watched {
		err := w.Undo()
		if gone := w.Err(); gone != nil && !errors.Is(gone, process.ErrGone) {
			err = errors.Join(err, gone)
		}
		errs = append(errs, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life.Left == "" {
		r.finish()
	}
	return errors.Join(errs...)
}

// finish adds what the kernel shows at the end. Each call that a process has not returned
// from is a step.
func (r *Recorder) finish() {
	for _, tid := range sortedKeys(r.threads) {
		m := r.threads[tid]
		if !r.cut && !m.returned && r.tables.of[m.pid] != nil {
			s := r.step(m, tid)
			s.Text += ": it waits"
			s.BeganUS = r.entered[tid].Sub(r.begun).Microseconds()
			r.add(s, time.Now())
		}
	}
	if r.tables != nil && !r.cut {
		for _, pid := range sortedKeys(r.tables.of) {
			if changes := r.tables.read(pid); len(changes) > 0 {
				r.add(life.Step{Kind: life.Note, PID: pid, Text: "calls that are not shown have changed the table", Changes: changes}, time.Now())
			}
		}
	}
	if r.life.Left = r.left(); r.cut {
		r.life.Left = "The recording was cut, so what is left at the end is not known."
	}
}

// Ended is closed when none of the processes that were attached last is there any more,
// or nothing is recorded any more.
func (r *Recorder) Ended() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.watched[len(r.watched)-1].Done()
}

// Life returns what was recorded, after Stop.
func (r *Recorder) Life(ctx context.Context) life.Life {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, client := range r.clients {
		r.life.Clients = append(r.life.Clients, client())
	}
	r.clients = nil
	for _, n := range r.early {
		r.hidden += n
	}
	if r.hidden > 0 {
		r.life.Notes = append(r.life.Notes, fmt.Sprintf("%d calls are not shown by which programs start, before their first socket", r.hidden))
	}
	if r.cut {
		r.life.Notes = append(r.life.Notes, fmt.Sprintf("cut after %d events: what the server did after that is not shown", Most))
	}
	r.where.name(ctx, r.life.Steps)
	r.life.Complete()
	return r.life
}

func sortedKeys[T any](m map[int]T) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// signalText says what a signal does that is delivered.
func signalText(s unix.Signal) string { return signal(int(s)) + " is delivered" }
