package trace

import "golang.org/x/sys/unix"

// recorded are the system calls that Record tells of: those that a sandbox may
// refuse, and those by which a server goes on.
var recorded = mergeRecorded(map[uint64]recordedCall{
	unix.SYS_OPENAT:     onPath("openat", 0, 1),
	unix.SYS_OPENAT2:    {name: "openat2", paths: []pathArgument{{0, 1}}, data: 2, size: 8},
	unix.SYS_MKDIRAT:    onPath("mkdirat", 0, 1),
	unix.SYS_MKNODAT:    onPath("mknodat", 0, 1),
	unix.SYS_UNLINKAT:   onPath("unlinkat", 0, 1),
	unix.SYS_SYMLINKAT:  onPath("symlinkat", 1, 2),
	unix.SYS_LINKAT:     {name: "linkat", paths: []pathArgument{{0, 1}, {2, 3}}},
	unix.SYS_RENAMEAT2:  {name: "renameat2", paths: []pathArgument{{0, 1}, {2, 3}}},
	unix.SYS_FCHMODAT:   onPath("fchmodat", 0, 1),
	unix.SYS_FCHOWNAT:   onPath("fchownat", 0, 1),
	unix.SYS_FACCESSAT:  onPath("faccessat", 0, 1),
	unix.SYS_FACCESSAT2: onPath("faccessat2", 0, 1),
	unix.SYS_STATX:      onPath("statx", 0, 1),
	unix.SYS_TRUNCATE:   onPath("truncate", none, 0),
	unix.SYS_CHDIR:      onPath("chdir", none, 0),
	unix.SYS_CHROOT:     onPath("chroot", none, 0),
	unix.SYS_EXECVE:     onPath("execve", none, 0),
	unix.SYS_EXECVEAT:   onPath("execveat", 0, 1),

	unix.SYS_SOCKET:  {name: "socket"},
	unix.SYS_BIND:    {name: "bind", data: 1, size: -2},
	unix.SYS_LISTEN:  {name: "listen"},
	unix.SYS_ACCEPT:  {name: "accept"},
	unix.SYS_ACCEPT4: {name: "accept4"},

	unix.SYS_CLONE:  {name: "clone"},
	unix.SYS_CLONE3: {name: "clone3"},

	unix.SYS_SETUID: {name: "setuid"}, unix.SYS_SETGID: {name: "setgid"},
	unix.SYS_SETREUID: {name: "setreuid"}, unix.SYS_SETREGID: {name: "setregid"},
	unix.SYS_SETRESUID: {name: "setresuid"}, unix.SYS_SETRESGID: {name: "setresgid"},
	unix.SYS_SETGROUPS: {name: "setgroups"}, unix.SYS_SETPRIORITY: {name: "setpriority"},
	unix.SYS_MOUNT: {name: "mount"}, unix.SYS_UNSHARE: {name: "unshare"}, unix.SYS_SETHOSTNAME: {name: "sethostname"},
	unix.SYS_MLOCK: {name: "mlock"}, unix.SYS_MLOCKALL: {name: "mlockall"},
	unix.SYS_SETRLIMIT: {name: "setrlimit", data: 1, size: 16},
	unix.SYS_PRLIMIT64: {name: "prlimit64", data: 2, size: 16},

	unix.SYS_IO_URING_SETUP: {name: "io_uring_setup"},
}, olderRecorded)

func onPath(name string, at, path int) recordedCall {
	return recordedCall{name: name, paths: []pathArgument{{at, path}}}
}

func mergeRecorded(all, more map[uint64]recordedCall) map[uint64]recordedCall {
	for number, one := range more {
		all[number] = one
	}
	return all
}
