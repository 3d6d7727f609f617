// Package model tells from snapshots which concurrency model a server has: what was
// there before its first client, and who holds which connection while many clients are
// connected that say nothing. It reads nothing itself.
//
//   - A connection that a process holds which came with it is served by a child.
//   - One that a process holds which was there before is served by a worker, by a thread,
//     or by a loop. Which it is shows in the threads of that process: one that sleeps in a
//     call on the connection serves it, and so does one that came with it.
//   - Connections that are complete and that no process takes, though all sleep, wait for
//     others to end: as many as are held are served at once.
package model

// The models, by the words of the result. A forking server makes a child for each
// client, a double-forking one a grandchild that init adopts; exec says that the child
// executes a program.
const (
	Iterative  = "iterative"
	Forking    = "forking"
	DoubleFork = "double-fork"
	Exec       = "exec"
	Prefork    = "prefork"
	Threads    = "threads"
	ThreadPool = "thread-pool"
	Select     = "select"
	Poll       = "poll"
	Epoll      = "epoll"
	Hybrid     = "hybrid"
)

// Models returns all models.
func Models() []string {
	return []string{Iterative, Forking, DoubleFork, Exec, Prefork, Threads, ThreadPool, Select, Poll, Epoll, Hybrid}
}

// A Verdict is which model a server has.
type Verdict struct {
	Model string
	// Pool is how many clients it serves at once at most; 0 when no limit was seen.
	Pool int
	// Queues is how many listening sockets share the port (SO_REUSEPORT), each with a
	// queue of its own; 0 when there is one.
	Queues int
	// Sure says that another model would have shown otherwise.
	Sure bool
	// Evidence says in clauses what the verdict rests on, Surer what would make it surer.
	Evidence []string
	Surer    string
}
