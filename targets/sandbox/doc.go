// Package sandbox runs a server under test in a sandbox. It is forkproof's side:
// all of it runs in the process of forkproof.
//
//	forkproof (package sandbox)
//	 └─ init (this binary again: package inside; one control socket, no results, no tests)
//	     ├─ a thread for each host, in namespaces of its own
//	     │   └─ the server, its children
//	     └─ its orphans
//
// What the two say to each other is in package wire.
//
// An init is cloned once and holds one [Host] after another. Where the machine
// allows it, it is process 1 of a pid namespace: every orphan becomes its child,
// and when it ends the kernel ends all the others. Elsewhere it is a child
// subreaper (prctl(2), PR_SET_CHILD_SUBREAPER) for one host. Either way the tree
// of a server is everything below the init, and it is observed and driven from
// outside, by the pids that it has there. Each host has a network, IPC and mount
// namespace of its own, so that fixed ports do not collide and nothing is left
// for the next server.
//
// The number of processes is bounded by the kernel, by all means that the
// machine has (Isolation.Bounds): a pids control group, the pid namespace's own
// kernel.pid_max, RLIMIT_NPROC. The init stays outside the control groups of its
// hosts, notices when the limit is passed, and ends the tree.
//
// An init ends its tree and itself when its control socket closes, which the
// kernel does when forkproof is killed. One that is lost unasked, or whose limits
// or scheduling a server has changed, is not used again.
package sandbox
