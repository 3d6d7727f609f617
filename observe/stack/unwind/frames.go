package unwind

import (
	"io"

	"github.com/forkproof/forkproof/observe/stack"
)

const (
	// mostSteps bounds how far the way to the callers goes.
	mostSteps = 64
	// mostShown bounds how many frames one sample has.
	mostShown = 16
)

// An Unwinder reads each file once. It is not for several goroutines at once.
type Unwinder struct {
	files  []io.ReaderAt
	images map[int]*image // nil for what cannot be read
}

// New returns an unwinder for samples whose mappings count these files.
func New(files []io.ReaderAt) *Unwinder {
	return &Unwinder{files: files, images: map[int]*image{}}
}

// Frames returns the functions of the program itself that are on the stack of a
// sample, the innermost first and no further than main. Where it stops knowing the
// way, the list ends; it never skips a frame of the program that it does not know.
func (u *Unwinder) Frames(s stack.Sample) (list []Frame) {
	defer func() {
		if recover() != nil { // debug/elf and debug/dwarf are not made for hostile files
			list = nil
		}
	}()
	for t, step := newState(s), 0; step < mostSteps && len(list) < mostShown; step++ {
		p, found := u.point(s, t)
		if !found {
			break
		}
		places, sure := p.places(step == 0)
		list = append(list, places...)
		if !sure || ends(list) {
			break
		}
		if t, found = p.caller(t); !found {
			break
		}
	}
	return list
}

// A point is where a state is in the code.
type point struct {
	image   *image
	own     bool   // the image is the program
	address uint64 // that the file has for it
	// description is how to unwind; nil when there is none.
	description *description
}

// point returns where a state is; false when that is no file's code.
func (u *Unwinder) point(s stack.Sample, t state) (point, bool) {
	m, found := mapping(s, t.lookup())
	i := u.image(m.File)
	if !found || i == nil {
		return point{}, false
	}
	p := point{image: i, own: m.Own}
	if p.address, found = i.address(t.lookup() - m.Start + m.Offset); !found {
		return point{}, false
	}
	if d, found := i.description(p.address); found {
		p.description = &d
	}
	return p, true
}

// places returns the functions of the program at a point: none in a library, and where
// a signal handler returns to. It returns false when there are some that it does not
// know. First says that the system call is made there.
func (p point) places(first bool) (list []Frame, sure bool) {
	switch {
	case !p.own, p.description != nil && p.description.common.signal:
		return nil, true
	case first:
		return nil, p.image.static // in the library; another program makes its calls itself
	}
	list = p.image.places(p.address)
	return list, len(list) > 0 || p.image.isLibrary(p.address)
}

// caller returns the state of the caller; false when it is not known.
func (p point) caller(t state) (state, bool) {
	if p.description == nil {
		return t, false
	}
	row, err := p.description.rowAt(p.address)
	if err != nil {
		return t, false
	}
	return t.caller(p.description.common, row)
}

// ends reports whether a list has come to main: what called that is no one's code.
func ends(list []Frame) bool { return len(list) > 0 && list[len(list)-1].Function == "main" }

func mapping(s stack.Sample, address uint64) (stack.Mapping, bool) {
	for _, m := range s.Code {
		if m.Start <= address && address < m.End {
			return m, true
		}
	}
	return stack.Mapping{File: -1}, false
}

// image returns one of the files, read; nil when it cannot be.
func (u *Unwinder) image(file int) *image {
	if file < 0 || file >= len(u.files) {
		return nil
	}
	if _, known := u.images[file]; !known {
		i, err := open(u.files[file])
		if err != nil {
			i = nil
		}
		u.images[file] = i
	}
	return u.images[file]
}
