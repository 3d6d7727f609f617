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
		m, found := mapping(s, t.lookup())
		i := u.image(m.File)
		if !found || i == nil {
			break
		}
		address, found := i.address(t.lookup() - m.Start + m.Offset)
		if !found {
			break
		}
		if m.Own && step == 0 && !i.static {
			break // it makes system calls itself: who asked for this one is not known
		}
		d, found := i.description(address)
		if m.Own && step > 0 && !(found && d.common.signal) {
			places := i.places(address)
			if len(places) == 0 && !i.isLibrary(address) {
				break
			}
			list = append(list, places...)
		}
		if !found || ends(list) {
			break
		}
		row, err := d.rowAt(address)
		if err != nil {
			break
		}
		if t, found = t.caller(d.common, row); !found {
			break
		}
	}
	return list
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
