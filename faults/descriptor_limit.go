package faults

import "golang.org/x/sys/unix"

// DescriptorLimit sets the soft limit RLIMIT_NOFILE of a running process to n
// (prlimit(2)): opening a descriptor numbered n or above fails with EMFILE
// from now on. Descriptors that are open stay open. The Undo sets the old soft
// limit again. n may not be above the hard limit (EINVAL). The caller needs
// the process's user id, or CAP_SYS_RESOURCE (EPERM).
func DescriptorLimit(t Target, n uint64) (Undo, error) {
	return limit(t, resource{unix.RLIMIT_NOFILE, "prlimit RLIMIT_NOFILE"}, func() (uint64, error) { return n, nil })
}
