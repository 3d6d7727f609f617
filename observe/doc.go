// Package observe takes pictures of a process tree from /proc and netlink. It
// changes nothing: it sends no signal, stops no process and writes no file.
//
// An [Observer] looks at everything below one process. A [Picture] holds what it
// read: processes, their threads and the system calls that these sleep in, their
// signal sets, their descriptors, and the TCP sockets of the network namespace.
// The methods of a picture only search it. Package rest judges pictures.
//
// A look reads the tree first, then the descriptors, then the sockets, and the
// threads last. When the counters of a thread are the same in two looks, the
// thread slept while the second look read everything else.
//
// Sources: proc(5) and its pages, sock_diag(7), pidfd_getfd(2),
// process_vm_readv(2).
package observe
