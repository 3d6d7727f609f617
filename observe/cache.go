package observe

import "golang.org/x/sys/unix"

const (
	// maxCached is how many descriptors of files below /proc an observer keeps
	// open at most: those of a tree of a few processes.
	maxCached = 256
	// cachedLooks is after how many looks without use a file is closed. Not every
	// look reads every file, and threads end while their process lives on.
	cachedLooks = 16
)

// A procDir is the directory of one process below /proc, with the files below it
// that are kept open. They all belong to that very process: when it has ended,
// reading fails, even if its pid is used again.
type procDir struct {
	fd    int
	files map[string]*procFile // by path; nil when none is kept open
	used  uint64               // the number of the last look that used it
}

// machine is the directory of paths that begin with a slash.
var machine = &procDir{fd: unix.AT_FDCWD}

// A procFile is a file below a procDir.
type procFile struct {
	fd   int
	used uint64 // the number of the last look that used it; 0 when it is not kept open
}

// A fileCache is what a reader keeps open from one look to the next. A wait looks
// at the same few processes again and again, and opening and closing their files
// is most of the work of a look: without it a whole check of the reference takes 8 %
// more processor time (median of 12 on two busy cores).
type fileCache struct {
	dirs map[int]*procDir // by pid; nil in a reader that keeps nothing open
	look uint64           // the number of the look in progress, from 1
	open int              // descriptors
}

func (c *fileCache) hasRoom() bool { return c.dirs != nil && c.open < maxCached }

// evict closes, at the end of a look, what the next one will not use.
func (c *fileCache) evict() {
	for pid, dir := range c.dirs {
		if dir.used != c.look {
			c.drop(pid, dir)
			continue
		}
		if c.look%cachedLooks != 0 {
			continue
		}
		for path, f := range dir.files {
			if f.used+cachedLooks <= c.look {
				c.dropFile(dir, path, f)
			}
		}
	}
}

// drop closes a directory and its files.
func (c *fileCache) drop(pid int, dir *procDir) {
	for path, f := range dir.files {
		c.dropFile(dir, path, f)
	}
	_ = unix.Close(dir.fd)
	c.open--
	delete(c.dirs, pid)
}

func (c *fileCache) dropFile(dir *procDir, path string, f *procFile) {
	_ = unix.Close(f.fd)
	c.open--
	delete(dir.files, path)
}

// close closes everything, and has the reader keep nothing open from now on.
func (c *fileCache) close() {
	for pid, dir := range c.dirs {
		c.drop(pid, dir)
	}
	c.dirs = nil
}

// openProcess returns the directory /proc/PID, opened anew or from the cache.
func (r *procReader) openProcess(pid int) (*procDir, error) {
	if dir, found := r.cache.dirs[pid]; found {
		dir.used = r.cache.look
		return dir, nil
	}
	r.setProcessPath(pid)
	fd, err := r.open(machine, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	dir := &procDir{fd: fd, used: r.cache.look}
	if r.cache.hasRoom() {
		dir.files = map[string]*procFile{}
		r.cache.dirs[pid] = dir
		r.cache.open++
	}
	return dir, nil
}

// enter opens the directory of a process and reads its stat file. It drops what
// the cache has of an earlier process with the same pid.
func (r *procReader) enter(pid int) (*procDir, stat, error) {
	for {
		_, cached := r.cache.dirs[pid]
		dir, err := r.openProcess(pid)
		if err != nil {
			return nil, stat{}, err
		}
		s, err := r.stat(dir)
		if err == nil {
			return dir, s, nil
		}
		r.leave(dir)
		if dir.files != nil {
			r.cache.drop(pid, dir)
		}
		if !cached {
			return nil, stat{}, err
		}
	}
}

// leave closes a directory that is not in the cache.
func (r *procReader) leave(dir *procDir) {
	if dir.files == nil {
		_ = unix.Close(dir.fd)
	}
}

// file returns the file at r.path below the directory, and whether it comes from
// the cache.
func (r *procReader) file(dir *procDir, flags int) (f *procFile, cached bool, err error) {
	if f, cached = dir.files[string(r.name())]; cached {
		f.used = r.cache.look
		return f, true, nil
	}
	fd, err := r.open(dir, flags)
	if err != nil {
		return nil, false, err
	}
	f = &procFile{fd: fd}
	if dir.files != nil && r.cache.hasRoom() {
		f.used = r.cache.look
		dir.files[string(r.name())] = f
		r.cache.open++
	}
	return f, false, nil
}

// finish closes a file that is not in the cache.
func (r *procReader) finish(f *procFile) {
	if f.used == 0 {
		_ = unix.Close(f.fd)
	}
}
