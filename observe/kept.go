package observe

import "golang.org/x/sys/unix"

// keepFiles is how many files below /proc an observer keeps open at most. They
// are those of a tree of a few processes, which is looked at again and again:
// to open and close them each time would be most of a look's work.
const keepFiles = 256

// keepLooks is after how many looks without use a file is closed. Not every
// look reads every file, and threads end while their process lives on.
const keepLooks = 16

// A procDir is the directory of one process below /proc, and what is kept open
// of it. All of it belongs to that very process: when it is gone reading says
// so, even if its pid is used again.
type procDir struct {
	fd   int
	kept map[string]*procFile // by path; nil when none is kept
	used uint64               // the number of the last look that used it
}

// machine is where paths that begin with a slash are opened.
var machine = &procDir{fd: unix.AT_FDCWD}

// A procFile is a file below a procDir.
type procFile struct {
	fd   int
	used uint64 // the number of the last look that used it; 0 when it is not kept
}

// A keeping is what a reader keeps open from one look to the next.
type keeping struct {
	dirs map[int]*procDir // by pid; nil in a reader that keeps nothing
	look uint64           // the number of the look that is being taken, from 1
	open int              // descriptors
}

func (k *keeping) room() bool { return k.dirs != nil && k.open < keepFiles }

// sweep ends a look: it closes what is of no use to the next one.
func (k *keeping) sweep() {
	for pid, dir := range k.dirs {
		if dir.used != k.look {
			k.drop(pid, dir)
			continue
		}
		if k.look%keepLooks != 0 {
			continue
		}
		for path, f := range dir.kept {
			if f.used+keepLooks <= k.look {
				k.dropFile(dir, path, f)
			}
		}
	}
}

// drop closes a directory and its files.
func (k *keeping) drop(pid int, dir *procDir) {
	for path, f := range dir.kept {
		k.dropFile(dir, path, f)
	}
	_ = unix.Close(dir.fd)
	k.open--
	delete(k.dirs, pid)
}

func (k *keeping) dropFile(dir *procDir, path string, f *procFile) {
	_ = unix.Close(f.fd)
	k.open--
	delete(dir.kept, path)
}

// close closes everything, and keeps nothing from now on.
func (k *keeping) close() {
	for pid, dir := range k.dirs {
		k.drop(pid, dir)
	}
	k.dirs = nil
}

// openProcess opens /proc/PID, or gives what is kept of it.
func (r *procReader) openProcess(pid int) (*procDir, error) {
	if dir, found := r.keeping.dirs[pid]; found {
		dir.used = r.keeping.look
		return dir, nil
	}
	r.setProcessPath(pid)
	fd, err := r.open(machine, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	dir := &procDir{fd: fd, used: r.keeping.look}
	if r.keeping.room() {
		dir.kept = map[string]*procFile{}
		r.keeping.dirs[pid] = dir
		r.keeping.open++
	}
	return dir, nil
}

// enter opens the directory of a process and reads its stat file. What was kept
// of an earlier process with the same pid is let go.
func (r *procReader) enter(pid int) (*procDir, stat, error) {
	for {
		_, known := r.keeping.dirs[pid]
		dir, err := r.openProcess(pid)
		if err != nil {
			return nil, stat{}, err
		}
		s, err := r.stat(dir)
		if err == nil {
			return dir, s, nil
		}
		r.leave(dir)
		if dir.kept != nil {
			r.keeping.drop(pid, dir)
		}
		if !known {
			return nil, stat{}, err
		}
	}
}

// leave closes a directory that is not kept.
func (r *procReader) leave(dir *procDir) {
	if dir.kept == nil {
		_ = unix.Close(dir.fd)
	}
}

// file opens the file at r.path below the directory, or gives the one that is
// kept, and says which.
func (r *procReader) file(dir *procDir, flags int) (f *procFile, known bool, err error) {
	if f, known = dir.kept[string(r.name())]; known {
		f.used = r.keeping.look
		return f, true, nil
	}
	fd, err := r.open(dir, flags)
	if err != nil {
		return nil, false, err
	}
	f = &procFile{fd: fd}
	if dir.kept != nil && r.keeping.room() {
		f.used = r.keeping.look
		dir.kept[string(r.name())] = f
		r.keeping.open++
	}
	return f, false, nil
}

// finish closes a file that is not kept.
func (r *procReader) finish(f *procFile) {
	if f.used == 0 {
		_ = unix.Close(f.fd)
	}
}
