// Package sandbox holds a server under test: forkproof starts a keeper, and
// the keeper starts the server.
//
//	forkproof
//	 └─ keeper (this binary again; one control socket, no results, no tests)
//	     └─ shim (this binary again) ── execve(2) ──> the server, its children, its orphans
//
// Where the machine allows it the keeper is process 1 of a pid namespace: every
// orphan becomes its child, and when it ends the kernel ends all the others.
// Elsewhere it is a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER). Either
// way the tree of a server is "everything below its keeper", and it is observed
// and driven from outside, by the pids that it has there. The keeper also lives
// in a network namespace of its own, so that fixed ports do not collide and no
// TIME_WAIT is left for the next server.
//
// The number of processes is bounded by the kernel, by all means that the
// machine has (Isolation.Bounds): a pids control group, the pid namespace's own
// kernel.pid_max. The keeper notices when the limit is passed, and ends the tree.
//
// The shim sets what the server inherits (Conditions): dispositions, mask,
// descriptors. It is made ahead, so that a start waits for no Go runtime.
//
// The keeper does four things: start a command, open sockets inside the
// namespace and hand them out, end the tree, and watch that the tree does not
// grow without bound. It ends the tree and itself when its control socket
// closes, which the kernel does for us when forkproof is killed.
package sandbox
