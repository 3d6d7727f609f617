package trace

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/process"
)

// A Call is one system call that a traced process has made.
type Call struct {
	PID  int
	Name string // "openat"
	// Entered numbers the calls in the order in which they began. They are told of in
	// the order in which they ended.
	Entered int
	// Errno is the error that it failed with; 0 when it did not.
	Errno unix.Errno
	// Args are its arguments, as numbers; of clone3 the first is its flags.
	Args [6]uint64
	// Paths are those that it names, absolute, in the order of its arguments. Symbolic
	// links in them are not followed. They are known of a call that failed only.
	Paths []string
	// Data is the structure that an argument of a failed call points to: a socket
	// address, a resource limit, or struct open_how.
	Data []byte
}

// Record traces processes, and their children from the moment that they are forked,
// and calls saw for each of the calls that recorded lists, from the thread of the
// tracer, while the process is stopped. It changes nothing. Undo ends it, as does
// the end of the processes. ctx and the errors are as for Inject.
func Record(ctx context.Context, processes []process.ID, saw func(Call)) (*Injected, error) {
	if err := prepareSignals(); err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	tr := newTracer(processes, []Injection{{Follow: true}}) // of no family: it hits nothing
	tr.saw = saw
	return tr.launch(ctx)
}

// A recordedCall says where a system call has the arguments that Call tells of.
type recordedCall struct {
	name  string
	paths []pathArgument
	data  int // the argument that points to a structure; 0 when none does
	size  int // of that structure, in bytes; or minus the argument that holds it
}

// A pathArgument is a path, and the descriptor of the directory that it is relative
// to; none when that is the working directory.
type pathArgument struct{ at, path int }

// recordEntry keeps what a call asks for until its exit.
func (tr *tracer) recordEntry(t *tracee, info *syscallInfo) {
	t.entered = nil
	if one, known := recorded[info.number()]; known && isNative(info) {
		tr.calls++
		t.entered = &enteredCall{recordedCall: one, at: tr.calls}
		copy(t.entered.args[:], info.data[1:])
		if one.name == "clone3" { // the flags are the first member of struct clone_args
			t.entered.args[0], _ = readWord(t.tid, info.arg(0))
		}
	}
}

// An enteredCall is a call that is to be recorded when it returns.
type enteredCall struct {
	recordedCall
	args [6]uint64
	at   int
}

// recordExit tells of a call that has returned.
func (tr *tracer) recordExit(t *tracee, result int64) {
	e := t.entered
	t.entered = nil
	if e == nil || isRestart(result) {
		return
	}
	call := Call{PID: t.pid, Name: e.name, Entered: e.at, Args: e.args}
	if result < 0 {
		call.Errno = unix.Errno(-result)
		for _, p := range e.paths {
			path, err := readString(t.tid, e.args[p.path])
			if err != nil {
				break // the kernel could not read it either
			}
			call.Paths = append(call.Paths, absolute(t.tid, p.at, e.args, path))
		}
		call.Data = e.structure(t.tid)
	}
	tr.saw(call)
}

// mostStructure is more than the largest structure that is read, sockaddr_un.
const mostStructure = 128

// structure reads what an argument points to; nil when nothing can be read.
func (e *enteredCall) structure(tid int) []byte {
	size := e.size
	if size < 0 {
		size = int(min(e.args[-size], mostStructure))
	}
	if e.data == 0 || size == 0 {
		return nil
	}
	data := make([]byte, size)
	n, err := unix.PtracePeekData(tid, uintptr(e.args[e.data]), data)
	if err != nil {
		return nil
	}
	return data[:n]
}

// readString reads a string of the program that ends with a zero byte.
func readString(tid int, addr uint64) (string, error) {
	var text []byte
	for len(text) < unix.PathMax {
		var part [8]byte // aligned, so that it lies in one page
		lead := int(addr % 8)
		if _, err := unix.PtracePeekData(tid, uintptr(addr)-uintptr(lead), part[:]); err != nil {
			return "", err
		}
		if end := slices.Index(part[lead:], 0); end >= 0 {
			return string(append(text, part[lead:lead+end]...)), nil
		}
		text = append(text, part[lead:]...)
		addr += uint64(8 - lead)
	}
	return "", errors.New("the path is too long")
}

// absolute returns the path that a call of a thread means: "" when that is unknown.
func absolute(tid, at int, args [6]uint64, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	link := fmt.Sprintf("/proc/%d/cwd", tid)
	if at != none && int32(args[at]) != unix.AT_FDCWD {
		link = fmt.Sprintf("/proc/%d/fd/%d", tid, int32(args[at]))
	}
	dir, err := os.Readlink(link)
	if err != nil || !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, path)
}

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
