// Package observe reads a picture of a process tree from the kernel and judges
// whether the tree is at rest. It changes nothing: it sends no signal, stops no
// process and writes no file.
//
// An [Observer] looks at everything below one process. A [Picture] holds what
// it saw: processes, their threads and the system calls that these sleep in,
// their signal sets, their descriptors, and the TCP sockets of the network
// namespace. The methods of a picture, and [Compare], [Plateau] and
// [Disposition], are pure: they look at nothing but the pictures.
//
// [Compare] says whether a tree is settled: nothing in it runs and nothing
// under way can make it run; and whether that is final: no clock can wake it
// either. A look reads the tree first, then the descriptors, then the sockets,
// and the threads last. So when the counters of every thread are the same in
// two looks, every thread slept while the second look read the rest.
//
// What /proc cannot show is not seen: an alarm(2) that will end a process by
// the default action of SIGALRM, and timers inside an io_uring.
//
// Sources: proc(5) and its pages, sock_diag(7), pidfd_getfd(2),
// process_vm_readv(2).
package observe
