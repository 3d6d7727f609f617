package inside

import (
	"math"
	"testing"

	"golang.org/x/sys/unix"
)

// everything is the filter that refuses most but sockets.
var everything = filterKind{noSetID: true, ownSchedule: true}

// TestFilterJumps follows every jump of every filter: each leads forward, to an
// instruction that there is, and no way runs past the end.
func TestFilterJumps(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		for _, table := range tablesOf(arch) {
			if n := len(table.block(everything)); n > math.MaxUint8 { // a jump leads over it
				t.Errorf("%#x: a block of %d instructions", table.arch, n)
			}
		}
		program := filterProgram(arch, everything)
		if len(program) == 0 || len(program) > 4096 { // BPF_MAXINSNS
			t.Fatalf("%s: %d instructions", arch, len(program))
		}
		for i, f := range program {
			last := i + 1
			switch f.Code & 7 {
			case unix.BPF_JMP:
				last = i + 1 + int(max(f.Jt, f.Jf))
			case unix.BPF_RET:
				continue
			}
			if last >= len(program) {
				t.Errorf("%s: instruction %d leads past the end", arch, i)
			}
		}
	}
	if filterProgram("riscv64", filterKind{}) != nil {
		t.Error("there is a filter for an architecture whose numbers are unknown")
	}
}

// run follows a filter for one system call.
func (c callTable) run(t *testing.T, number uint32, arguments ...uint32) uint32 {
	t.Helper()
	data := map[uint32]uint32{numberAt: number, archAt: c.arch}
	for i, argument := range arguments {
		data[argumentAt(uint32(i))] = argument
	}
	arch := "amd64"
	if c.arch == unix.AUDIT_ARCH_AARCH64 || c.arch == unix.AUDIT_ARCH_ARM {
		arch = "arm64"
	}
	program, a := filterProgram(arch, everything), uint32(0)
	for i := 0; i < len(program); i++ {
		f := program[i]
		holds := false
		switch f.Code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			a = data[f.K]
			continue
		case unix.BPF_RET | unix.BPF_K:
			return f.K
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			holds = a == f.K
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			holds = a >= f.K
		case unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K:
			holds = a&f.K != 0
		default:
			t.Fatalf("instruction %d has code %#x", i, f.Code)
		}
		if holds {
			i += int(f.Jt)
		} else {
			i += int(f.Jf)
		}
	}
	t.Fatal("the filter ends without a result")
	return 0
}

// modeAt are arguments that end with a mode, after those flags that are given.
func modeAt(call flagged, mode uint32, flags ...uint32) []uint32 {
	arguments := make([]uint32, call.argument+1)
	arguments[call.argument] = mode
	for _, f := range flags {
		arguments[call.argument-1] = f
	}
	return arguments
}

func TestFilter(t *testing.T) {
	const allow = unix.SECCOMP_RET_ALLOW
	for _, c := range []callTable{amd64Calls, i386Calls, arm64Calls, armCalls} {
		for _, number := range c.forbidden {
			if got := c.run(t, number); got != refuse(unix.EPERM) {
				t.Errorf("%#x: call %d: %#x", c.arch, number, got)
			}
		}
		for _, number := range c.absent {
			if got := c.run(t, number); got != refuse(unix.ENOSYS) {
				t.Errorf("%#x: call %d: %#x", c.arch, number, got)
			}
		}
		for _, number := range c.sched {
			if self, other := c.run(t, number, 0), c.run(t, number, 812); self != allow || other != refuse(unix.EPERM) {
				t.Errorf("%#x: call %d: of itself %#x, of another %#x", c.arch, number, self, other)
			}
		}
		for _, test := range []struct {
			what      string
			number    uint32
			arguments []uint32
			want      uint32
		}{
			{"its own limits", c.prlimit, []uint32{0, 7}, allow},
			{"limits of another", c.prlimit, []uint32{812, 7}, refuse(unix.EPERM)},
			{"its own nice value", c.setpriority, []uint32{unix.PRIO_PROCESS, 0, 7}, allow},
			{"the nice value of another", c.setpriority, []uint32{unix.PRIO_PROCESS, 812, 7}, refuse(unix.EPERM)},
			{"the nice value of its group", c.setpriority, []uint32{unix.PRIO_PGRP, 0, 7}, refuse(unix.EPERM)},
			{"the nice value of its user", c.setpriority, []uint32{unix.PRIO_USER, 0, 7}, refuse(unix.EPERM)},
			{"its own priority on disks", c.ioprio, []uint32{1, 0, 7}, allow},
			{"the priority on disks of another", c.ioprio, []uint32{1, 812, 7}, refuse(unix.EPERM)},
			{"the priority on disks of its user", c.ioprio, []uint32{3, 0, 7}, refuse(unix.EPERM)},
			{"a TCP socket", c.socket, []uint32{unix.AF_INET, 1, 0}, allow},
			{"a TCP socket by its protocol", c.socket, []uint32{unix.AF_INET6, 1, 6}, allow},
			{"an MPTCP socket", c.socket, []uint32{unix.AF_INET, 1, 262}, refuse(unix.EPROTONOSUPPORT)},
			{"an SCTP socket of IPv6", c.socket, []uint32{unix.AF_INET6, 5, 132}, refuse(unix.EPROTONOSUPPORT)},
			{"a netlink socket of a high number", c.socket, []uint32{unix.AF_NETLINK, 3, 262}, allow},
			{"a UNIX socket", c.socket, []uint32{unix.AF_UNIX, 1, 0}, allow},
			{"a vsock", c.socket, []uint32{unix.AF_VSOCK, 1, 0}, refuse(unix.EAFNOSUPPORT)},
			{"sendto", c.fastOpen[0].number, []uint32{3, 0, 1, unix.MSG_NOSIGNAL}, allow},
			{"sendto with Fast Open", c.fastOpen[0].number, []uint32{3, 0, 1, unix.MSG_FASTOPEN}, refuse(unix.EOPNOTSUPP)},
			{"sendmsg with Fast Open", c.fastOpen[1].number, []uint32{3, 0, unix.MSG_FASTOPEN | 1}, refuse(unix.EOPNOTSUPP)},
			{"sendmmsg with Fast Open", c.fastOpen[2].number, []uint32{3, 0, 1, unix.MSG_FASTOPEN}, refuse(unix.EOPNOTSUPP)},
			{"a mode", c.setMode[0].number, modeAt(c.setMode[0], 0o777), allow},
			{"a set-user-ID bit", c.setMode[0].number, modeAt(c.setMode[0], 0o4755), refuse(unix.EPERM)},
			{"a set-group-ID bit by fchmodat2", 452, []uint32{0, 0, 0o2755}, refuse(unix.EPERM)},
			{"a new file", c.openMode[0].number, modeAt(c.openMode[0], 0o600, unix.O_CREAT), allow},
			{"a new file with a set-user-ID bit", c.openMode[0].number, modeAt(c.openMode[0], 0o4700, unix.O_CREAT), refuse(unix.EPERM)},
			{"an old file, where the mode means nothing", c.openMode[0].number, modeAt(c.openMode[0], 0o4700, 0), allow},
			{"openat2", 437, nil, refuse(unix.ENOSYS)},
			{"any other call", 3, nil, allow},
		} {
			if got := c.run(t, test.number, test.arguments...); got != test.want {
				t.Errorf("%#x: %s: %#x, want %#x", c.arch, test.what, got, test.want)
			}
		}
	}
	if got := amd64Calls.run(t, 0x40000000|39); got != refuse(unix.ENOSYS) {
		t.Errorf("a call of x32: %#x", got)
	}
	if got := i386Calls.run(t, 102); got != allow {
		t.Errorf("socketcall of i386: %#x", got)
	}
}
