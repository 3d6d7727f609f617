package observe

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// numbers gives the numeric entries of the directory at r.path: the
// descriptors of a process, its threads, or all processes.
func (r *procReader) numbers(dir *procDir) ([]int, error) {
	f, list, err := r.entries(dir, nil)
	if err == nil {
		r.finish(f)
	}
	return list, err
}

// entries appends the numeric entries of the directory at r.path to list, and
// gives that directory, which the caller finishes.
func (r *procReader) entries(dir *procDir, list []int) (*procFile, []int, error) {
	for {
		f, known, err := r.file(dir, unix.O_RDONLY|unix.O_DIRECTORY)
		if err != nil {
			return nil, nil, err
		}
		if known {
			_, _ = unix.Seek(f.fd, 0, unix.SEEK_SET)
		}
		numbers, err := r.numbersOf(f.fd, list)
		if err == nil {
			return f, numbers, nil
		}
		if !known {
			r.finish(f)
			return nil, nil, err
		}
		r.keeping.dropFile(dir, string(r.name()), f)
	}
}

// numbersOf appends the entries of a directory that is open to list.
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

// appendNumbers reads linux_dirent64 records, getdents(2).
func appendNumbers(list []int, entries []byte) []int {
	const lengthAt, nameAt = 16, 19
	for len(entries) > nameAt {
		length := int(nativeEndian.Uint16(entries[lengthAt:]))
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

// number reads the decimal number that fills a NUL-terminated name.
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
