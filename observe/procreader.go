package observe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A procReader reads files below /proc into buffers that it uses again, so that a
// look at a thousand processes allocates little. What its methods return is valid
// until the next call.
type procReader struct {
	root string // "/proc"
	path []byte // the path of the next call, ending in a NUL
	data []byte // the last file
	link []byte // the last link
	dir  []byte // entries of the last directory

	numbersList []int // the last list of descriptors

	cache fileCache
}

// gone reports whether an error means that the process or thread has ended.
func gone(err error) bool { return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ESRCH) }

// setProcessPath makes the directory of a process the path of the next call.
func (r *procReader) setProcessPath(pid int) {
	r.path = append(append(r.path[:0], r.root...), '/')
	r.path = append(strconv.AppendInt(r.path, int64(pid), 10), 0)
}

// setPath makes name the path of the next call.
func (r *procReader) setPath(name string) { r.path = append(append(r.path[:0], name...), 0) }

// setNumberPath makes before+n+after the path of the next call.
func (r *procReader) setNumberPath(before string, n int, after string) {
	r.path = strconv.AppendInt(append(r.path[:0], before...), int64(n), 10)
	r.path = append(append(r.path, after...), 0)
}

// name returns the path of the next call without its NUL.
func (r *procReader) name() []byte { return r.path[:len(r.path)-1] }

// open opens the file at r.path. It does not use unix.Open, which copies the path
// to the heap at every call.
func (r *procReader) open(dir *procDir, flags int) (int, error) {
	for {
		fd, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(dir.fd), uintptr(unsafe.Pointer(&r.path[0])),
			uintptr(flags|unix.O_CLOEXEC), 0, 0, 0)
		switch errno {
		case 0:
			return int(fd), nil
		case unix.EINTR:
			continue
		}
		return -1, fmt.Errorf("open %s: %w", r.name(), errno)
	}
}

// read returns the contents of the file at r.path below the directory. The kernel
// writes such a file in one piece, so a read that does not fill the buffer is the
// whole file.
func (r *procReader) read(dir *procDir) ([]byte, error) { return r.readWhole(dir, true, 1<<20) }

// readList is read for a file of many records, which the kernel writes in several
// pieces. It stops once it has limit bytes.
func (r *procReader) readList(dir *procDir, limit int) ([]byte, error) {
	return r.readWhole(dir, false, limit)
}

func (r *procReader) readWhole(dir *procDir, oneRead bool, limit int) ([]byte, error) {
	for {
		f, cached, err := r.file(dir, unix.O_RDONLY)
		if err != nil {
			return nil, err
		}
		data, err := r.contents(f.fd, cached, oneRead, limit)
		if err != nil && cached {
			// A new process or thread with the same number has another file.
			r.cache.dropFile(dir, string(r.name()), f)
			continue
		}
		r.finish(f)
		return data, err
	}
}

// contents reads an open file, from its beginning when it was read before.
func (r *procReader) contents(fd int, before, oneRead bool, limit int) ([]byte, error) {
	if r.data == nil {
		r.data = make([]byte, 16<<10)
	}
	for size := 0; ; {
		var n int
		var err error
		if before {
			n, err = unix.Pread(fd, r.data[size:], int64(size))
		} else {
			n, err = unix.Read(fd, r.data[size:])
		}
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", r.name(), err)
		}
		size += n
		if n == 0 || size >= limit || oneRead && size < len(r.data) {
			return r.data[:size], nil
		}
		if size == len(r.data) {
			r.data = append(r.data, make([]byte, len(r.data))...)
		}
	}
}

// readLink returns the text of the link at r.path below an open directory.
func (r *procReader) readLink(fd int) ([]byte, error) {
	if r.link == nil {
		r.link = make([]byte, unix.PathMax)
	}
	n, _, errno := unix.Syscall6(unix.SYS_READLINKAT, uintptr(fd), uintptr(unsafe.Pointer(&r.path[0])),
		uintptr(unsafe.Pointer(&r.link[0])), uintptr(len(r.link)), 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("readlink %s: %w", r.name(), errno)
	}
	return r.link[:n], nil
}

// numbers returns the numeric entries of the directory at r.path: the threads of a
// process, or all processes.
func (r *procReader) numbers(dir *procDir) ([]int, error) {
	f, list, err := r.entries(dir, nil)
	if err == nil {
		r.finish(f)
	}
	return list, err
}

// entries appends the numeric entries of the directory at r.path to list. It
// returns that directory too, which the caller finishes.
func (r *procReader) entries(dir *procDir, list []int) (*procFile, []int, error) {
	for {
		f, cached, err := r.file(dir, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return nil, nil, err
		}
		if cached {
			_, _ = unix.Seek(f.fd, 0, unix.SEEK_SET)
		}
		numbers, err := r.numbersOf(f.fd, list)
		if err == nil {
			return f, numbers, nil
		}
		if !cached {
			r.finish(f)
			return nil, nil, err
		}
		r.cache.dropFile(dir, string(r.name()), f)
	}
}

// numbersOf appends the numeric entries of an open directory to list.
func (r *procReader) numbersOf(fd int, list []int) ([]int, error) {
	if r.dir == nil {
		r.dir = make([]byte, 32<<10)
	}
	for {
		n, err := unix.Getdents(fd, r.dir)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return list, fmt.Errorf("getdents: %w", err)
		}
		if n == 0 {
			return list, nil
		}
		list = appendNumbers(list, r.dir[:n])
	}
}

// appendNumbers appends the numeric names in linux_dirent64 records, getdents(2).
func appendNumbers(list []int, entries []byte) []int {
	const lengthAt, nameAt = 16, 19
	for len(entries) > nameAt {
		length := int(binary.NativeEndian.Uint16(entries[lengthAt:]))
		if length <= nameAt || length > len(entries) {
			return list
		}
		if n, ok := number(entries[nameAt:length]); ok {
			list = append(list, n)
		}
		entries = entries[length:]
	}
	return list
}

// number returns the decimal number that a NUL-terminated name consists of.
func number(name []byte) (int, bool) {
	n := 0
	for i, c := range name {
		if c == 0 {
			return n, i > 0
		}
		if c < '0' || c > '9' || n > 1<<40 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(name) > 0
}

// AuxiliaryVector returns the auxiliary vector of a process, proc_pid_auxv(5). It is an
// error when it has none, as a zombie.
func AuxiliaryVector(id ProcessID) ([]byte, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/auxv", id.PID))
	if err == nil && len(text) == 0 {
		err = fmt.Errorf("process %d has no auxiliary vector", id.PID)
	}
	return text, err
}
