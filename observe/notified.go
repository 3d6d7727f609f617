package observe

import "golang.org/x/sys/unix"

// parentsNotified returns when the parents of all zombies that were seen have
// been sent SIGCHLD. The kernel marks a process as a zombie a moment before it
// sends the signal, both under one lock (exit_notify), and on a virtual machine
// that moment can be long. Who takes the same lock, as a signal to a process
// group does (kill(2)), comes after it. Signal 0 does nothing.
func parentsNotified() { _ = unix.Kill(-unix.Getpgrp(), 0) }
