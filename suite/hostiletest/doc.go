// Package hostiletest runs the hostile servers of targets/csrc/hostile and
// proves that they do no harm. Everything is in its tests.
//
// Each server is judged in a cage: a pid, mount, network, ipc and uts namespace
// with a root folder of its own, where cgroups or resource limits bound what
// may happen if forkproof's own sandbox fails. In the cage is a small machine:
// a grader with a secret, a forkproof, other people's submissions, and somebody
// who listens on the network. What is on it is listed before and after.
package hostiletest
