package denial

import (
	"encoding/binary"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
)

// wouldDo says whether a call on files would be carried out outside, what it does,
// and whether it writes.
func (o outside) wouldDo(call trace.Call, path string) (what string, writes, ok bool) {
	switch call.Name {
	case "open", "creat", "openat", "openat2":
		return o.wouldOpen(call, path)
	case "mkdir", "mkdirat":
		return "make the directory " + path, true, !exists(path) && o.mayChange(path)
	case "mknod", "mknodat", "symlink", "symlinkat":
		return "make " + path, true, !exists(path) && o.mayChange(path) && o.ordinary(call)
	case "unlink", "unlinkat", "rmdir":
		return "remove " + path, true, exists(path) && o.mayChange(path)
	case "rename", "renameat", "renameat2", "link", "linkat":
		from := call.Paths[0]
		return "move or link " + from + " to " + path, true, exists(from) && o.mayChange(from) && o.mayChange(path)
	case "truncate":
		return "truncate " + path, true, may(path, unix.W_OK)
	case "chmod", "fchmodat":
		return "change the mode of " + path, true, o.owns(path, unix.CAP_FOWNER)
	case "chown", "lchown", "fchownat":
		return "change the owner of " + path, true, exists(path) && o.rules(unix.CAP_CHOWN)
	case "chdir":
		return "enter the directory " + path, false, directory(path) && may(path, unix.X_OK)
	case "chroot":
		return "change its root to " + path, false, directory(path) && o.capable(unix.CAP_SYS_CHROOT)
	case "execve", "execveat":
		return "execute " + path, false, !directory(path) && may(path, unix.X_OK)
	case "access":
		return "look at " + path, call.Args[1]&unix.W_OK != 0, may(path, uint32(call.Args[1]))
	case "faccessat", "faccessat2":
		return "look at " + path, call.Args[2]&unix.W_OK != 0, may(path, uint32(call.Args[2]))
	case "stat", "lstat", "newfstatat", "statx":
		return "look at " + path, false, exists(path)
	}
	return "", false, false
}

// wouldOpen judges open(2) and its relatives.
func (o outside) wouldOpen(call trace.Call, path string) (what string, writes, ok bool) {
	flags, mode := openFlags(call), uint32(unix.R_OK)
	what = "open " + path + " for reading"
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		writes, mode = true, unix.W_OK
	case unix.O_RDWR:
		writes, mode = true, unix.R_OK|unix.W_OK
	}
	if flags&unix.O_TRUNC != 0 {
		writes, mode = true, mode|unix.W_OK
	}
	if writes {
		what = "open " + path + " for writing"
	}
	switch {
	case !exists(path):
		return what, true, flags&unix.O_CREAT != 0 && o.mayChange(path)
	case flags&unix.O_CREAT != 0 && flags&unix.O_EXCL != 0:
		return what, writes, false
	case directory(path) && writes:
		return what, writes, false
	}
	return what, writes, may(path, mode)
}

func openFlags(call trace.Call) uint64 {
	switch call.Name {
	case "open":
		return call.Args[1]
	case "creat":
		return unix.O_CREAT | unix.O_WRONLY | unix.O_TRUNC
	case "openat2":
		if len(call.Data) < 8 {
			return 0
		}
		return binary.NativeEndian.Uint64(call.Data)
	}
	return call.Args[2]
}

// ordinary says whether mknod(2) makes no device, or may make one.
func (o outside) ordinary(call trace.Call) bool {
	mode := call.Args[1]
	switch call.Name {
	case "symlink", "symlinkat":
		return true
	case "mknodat":
		mode = call.Args[2]
	}
	kind := mode & unix.S_IFMT
	return kind != unix.S_IFCHR && kind != unix.S_IFBLK || o.rules(unix.CAP_MKNOD)
}

// mayChange says whether a name may be made or removed in the directory that it is in.
func (outside) mayChange(path string) bool {
	dir := filepath.Dir(path)
	return directory(dir) && may(dir, unix.W_OK|unix.X_OK)
}

// owns says whether forkproof's user owns a file, or has a capability instead.
func (o outside) owns(path string, capability int) bool {
	var stat unix.Stat_t
	return unix.Stat(path, &stat) == nil && (int(stat.Uid) == o.uid || o.rules(capability))
}

func exists(path string) bool {
	var stat unix.Stat_t
	return unix.Lstat(path, &stat) == nil
}

func directory(path string) bool {
	var stat unix.Stat_t
	return unix.Stat(path, &stat) == nil && stat.Mode&unix.S_IFMT == unix.S_IFDIR
}

// may asks access(2), with the ids that count for open(2).
func may(path string, mode uint32) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS) == nil
}

func number(n uint64) string { return strconv.FormatInt(int64(int32(n)), 10) }
