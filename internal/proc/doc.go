// Package proc parses the files that the kernel shows for a process or a thread
// below /proc: stat, status, syscall, children and schedstat, as proc(5) and its
// pages describe them. It opens no file: every function takes what its caller
// has read.
package proc
