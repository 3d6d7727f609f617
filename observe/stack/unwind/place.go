package unwind

import (
	"debug/dwarf"
	"path"
	"regexp"
	"slices"
)

// A Frame is one function on the stack, as far as it is known.
type Frame struct {
	Function string `json:"function,omitempty"`
	// File is the name of the source file without its folders; Line counts from 1.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// The depth of nested scopes, and the number of entries of one unit, that are read.
const (
	mostNested  = 32
	mostEntries = 1 << 20
)

// places returns the functions at an address of a program, the innermost first:
// several when the compiler has put functions in line. It returns none for the C
// library, and where nothing is known.
func (i *image) places(address uint64) []Frame {
	i.readNames()
	if list, known := i.described(address); known {
		return list
	}
	names := i.names(address)
	if len(names) == 0 || i.isLibrary(address) || isReserved(names[0]) {
		return nil
	}
	return []Frame{{Function: plainName(names[0])}}
}

// isLibrary reports whether the code at an address is a library's that is part of the
// program.
func (i *image) isLibrary(address uint64) bool {
	i.readNames()
	if list, known := i.described(address); known {
		return len(list) == 0
	}
	if i.static && i.lines != nil {
		return true
	}
	names := i.names(address)
	return len(names) > 0 && (i.static && isLibrary(names) || isStandard(names[0]))
}

// described returns what debug information says of an address; false when it says
// nothing.
func (i *image) described(address uint64) (list []Frame, known bool) {
	if i.lines == nil {
		return nil, false
	}
	unit, err := i.lines.Reader().SeekPC(address)
	if err != nil {
		return nil, false
	}
	lines, err := i.lines.LineReader(unit)
	if err != nil || lines == nil {
		return nil, false
	}
	line, found := lineAt(lines, address)
	if !found {
		return nil, false
	}
	scopes := i.scopes(unit, address)
	if len(scopes) == 0 {
		for _, name := range i.names(address) {
			return appendOwn(nil, plainName(name), line.File.Name, line.Line), true
		}
	}
	return i.inlined(scopes, line.File.Name, line.Line, lines.Files()), true
}

// mostLines bounds how many rows of one unit's table of lines are read.
const mostLines = 1 << 21

// lineAt returns the row for an address. LineReader.SeekPC does not find what stands
// in a further sequence at a lower address, as main does when it is optimised.
func lineAt(lines *dwarf.LineReader, address uint64) (dwarf.LineEntry, bool) {
	var row, next dwarf.LineEntry
	inSequence := false
	for range mostLines {
		if err := lines.Next(&next); err != nil {
			break
		}
		if inSequence && row.Address <= address && address < next.Address {
			return row, row.File != nil && row.Line > 0
		}
		row, inSequence = next, !next.EndSequence
	}
	return row, false
}

// inlined returns the frames of nested scopes, which come with the outermost first; the
// innermost is at a line of a file.
func (i *image) inlined(scopes []*dwarf.Entry, file string, line int, files []*dwarf.LineFile) []Frame {
	var list []Frame
	for _, scope := range slices.Backward(scopes) {
		list = appendOwn(list, i.name(scope), file, line)
		callLine, _ := scope.Val(dwarf.AttrCallLine).(int64)
		callFile, _ := scope.Val(dwarf.AttrCallFile).(int64)
		if callLine <= 0 || callFile < 0 || callFile >= int64(len(files)) || files[callFile] == nil {
			break // where it was put in line is not known
		}
		file, line = files[callFile].Name, int(callLine)
	}
	return list
}

// system matches the sources of libraries that compilers put into programs.
var system = regexp.MustCompile(`^(/usr/include/|/usr/lib/|/usr/local/include/|/usr/share/|/rustc/)`)

// appendOwn appends a frame, unless it is in a library's source.
func appendOwn(list []Frame, function, file string, line int) []Frame {
	if system.MatchString(file) {
		return list
	}
	return append(list, Frame{Function: function, File: path.Base(file), Line: line})
}

// scopes returns the function at an address, and those put in line there, the
// outermost first.
func (i *image) scopes(unit *dwarf.Entry, address uint64) []*dwarf.Entry {
	var list []*dwarf.Entry
	r := i.lines.Reader()
	r.Seek(unit.Offset)
	if _, err := r.Next(); err != nil {
		return nil
	}
	depth := 0
	for range mostEntries {
		e, err := r.Next()
		if err != nil || e == nil {
			break
		}
		if e.Tag == 0 {
			if depth--; depth < 0 {
				break
			}
			continue
		}
		enter := e.Children
		switch e.Tag {
		case dwarf.TagSubprogram, dwarf.TagInlinedSubroutine:
			enter = enter && i.covers(e, address)
			if i.covers(e, address) {
				list = append(list, e)
			}
		case dwarf.TagLexDwarfBlock, dwarf.TagNamespace, dwarf.TagStructType, dwarf.TagClassType, dwarf.TagModule:
		default:
			enter = false
		}
		switch {
		case enter && depth < mostNested:
			depth++
		case e.Children:
			r.SkipChildren()
		}
	}
	return list
}

func (i *image) covers(e *dwarf.Entry, address uint64) bool {
	ranges, err := i.lines.Ranges(e)
	return err == nil && slices.ContainsFunc(ranges, func(r [2]uint64) bool { return r[0] <= address && address < r[1] })
}

// name returns the name of a function, which may stand where it is declared.
func (i *image) name(e *dwarf.Entry) string {
	const mostSteps = 4
	for range mostSteps {
		if name, ok := e.Val(dwarf.AttrName).(string); ok {
			return name
		}
		next, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			if next, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset); !ok {
				return ""
			}
		}
		r := i.lines.Reader()
		r.Seek(next)
		var err error
		if e, err = r.Next(); err != nil || e == nil {
			return ""
		}
	}
	return ""
}
