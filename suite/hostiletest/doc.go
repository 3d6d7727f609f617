// Package hostiletest runs the hostile servers of targets/csrc/hostile and
// proves that they do no harm. It has only tests.
//
// Each server is judged in a testbed: pid, mount, network, ipc and uts namespaces
// with a root folder of its own, limited by cgroups in case forkproof's own
// sandbox fails. The testbed holds a grader with a secret, a forkproof, other
// people's submissions, and a listener on the network. An inventory is taken
// before and after each run.
package hostiletest
