package hostiletest

import (
	"fmt"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refused are system calls that a container's default profile refuses without
// CAP_SYS_ADMIN: https://github.com/moby/profiles, seccomp/default.json.
var refused = []uint32{
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_PIVOT_ROOT, unix.SYS_UNSHARE, unix.SYS_SETNS,
	unix.SYS_OPEN_TREE, unix.SYS_MOVE_MOUNT, unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT,
	unix.SYS_FSPICK, unix.SYS_MOUNT_SETATTR, unix.SYS_SETHOSTNAME, unix.SYS_SETDOMAINNAME,
	unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_KEXEC_LOAD,
	unix.SYS_REBOOT, unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_QUOTACTL, unix.SYS_ACCT,
	unix.SYS_KCMP, // this one without CAP_SYS_PTRACE
}

// namespaceFlags are the CLONE_NEW… bits that the profile refuses to clone(2).
const namespaceFlags = 0x7e020000

// Offsets in struct seccomp_data, seccomp(2), on a little-endian machine.
const (
	offsetNumber   = 0
	offsetArch     = 4
	offsetFirstArg = 16
)

func errnoAction(errno unix.Errno) uint32 { return unix.SECCOMP_RET_ERRNO | uint32(errno) }

func nativeArch() uint32 {
	if runtime.GOARCH == "arm64" {
		return unix.AUDIT_ARCH_AARCH64
	}
	return unix.AUDIT_ARCH_X86_64
}

// filter is the profile as a program of the kernel's packet filter.
func filter() []unix.SockFilter {
	load := func(offset uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
	}
	result := func(k uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k}
	}
	equal := func(k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	program := []unix.SockFilter{
		load(offsetArch), equal(nativeArch(), 1, 0), result(errnoAction(unix.EPERM)),
		load(offsetNumber),
	}
	for _, number := range refused {
		program = append(program, equal(number, 0, 1), result(errnoAction(unix.EPERM)))
	}
	return append(program,
		equal(unix.SYS_CLONE3, 0, 1), result(errnoAction(unix.ENOSYS)), // a filter cannot read its flags
		equal(unix.SYS_CLONE, 0, 3), load(offsetFirstArg),
		unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 0, Jf: 1, K: namespaceFlags},
		result(errnoAction(unix.EPERM)),
		result(unix.SECCOMP_RET_ALLOW),
	)
}

// filterSystemCalls applies the profile to the calling thread and what it executes.
func filterSystemCalls(noLandlock bool) error {
	program := filter()
	if noLandlock {
		program = slices.Insert(program, 4, // after the number is loaded
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jt: 0, Jf: 1, K: unix.SYS_LANDLOCK_CREATE_RULESET},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: errnoAction(unix.ENOSYS)})
	}
	f := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&f)))
	if errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}
