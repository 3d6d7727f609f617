package trace

import "golang.org/x/sys/unix"

// olderSignatures are system calls that newer architectures lack.
var olderSignatures = map[uint64][]signature{}

// olderRecorded are system calls that this architecture has besides those of all.
var olderRecorded = map[uint64]recordedCall{
	unix.SYS_RENAMEAT: {name: "renameat", paths: []pathArgument{{0, 1}, {2, 3}}},
	unix.SYS_FSTATAT:  onPath("newfstatat", 0, 1),
}
