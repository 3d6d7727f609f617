// Package rest judges from pictures of a process tree, which package observe
// takes, whether anything can change in the tree any more. It reads nothing
// itself.
//
// [Compare] reports whether a tree is settled: no process of it runs, and
// nothing that is in progress, a signal or a segment, can make one run; and
// whether that is final: no timeout and no timer can wake one either. A look
// reads the tree first, then the descriptors, then the sockets, and the threads
// last. When the counters of every thread are the same in two looks, every thread
// therefore slept while the second look read everything else.
//
// For trees that are never final, because a timeout or a timer wakes them again
// and again, [Steady] reports that the wakeups change nothing.
//
// What /proc does not show is not judged: an alarm(2) that will end a process by
// the default action of SIGALRM, and timers inside an io_uring.
package rest
