package unwind

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"errors"
	"io"
	"slices"
	"strings"
)

// Limits of what is read of one file, in bytes.
const (
	mostFrames  = 32 << 20
	mostSymbols = 64 << 20
	mostDWARF   = 96 << 20
)

var errUnreadable = errors.New("not a file of this machine's code")

// An image is a file with machine code: a program, or a library.
type image struct {
	file *elf.File
	// descriptions are sorted by their beginnings.
	descriptions []description
	// symbols are the functions, sorted by their addresses. Only those of a program are
	// read, as are lines.
	symbols []elf.Symbol
	lines   *dwarf.Data // nil without debug information
	static  bool        // the C library is part of it
	named   bool        // symbols and lines have been read
}

// open reads the unwind information of a file.
func open(r io.ReaderAt) (*image, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	if f.Machine != machine || f.Class != elf.ELFCLASS64 || f.Data != elf.ELFDATA2LSB {
		return nil, errUnreadable
	}
	i := &image{file: f, static: !hasInterpreter(f)}
	if s := f.Section(".eh_frame"); s != nil && s.Type != elf.SHT_NOBITS && s.Flags&elf.SHF_COMPRESSED == 0 && s.Size <= mostFrames {
		data, err := s.Data()
		if err != nil {
			return nil, err
		}
		i.descriptions = section{data, s.Addr}.descriptions()
		slices.SortStableFunc(i.descriptions, func(a, b description) int { return cmp.Compare(a.begin, b.begin) })
	}
	return i, nil
}

// hasInterpreter reports whether the kernel has a dynamic linker load the program.
func hasInterpreter(f *elf.File) bool {
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}

// address returns the address that the file has for a place in it.
func (i *image) address(offset uint64) (uint64, bool) {
	for _, p := range i.file.Progs {
		if p.Type == elf.PT_LOAD && p.Flags&elf.PF_X != 0 && p.Off <= offset && offset-p.Off < p.Filesz {
			return offset - p.Off + p.Vaddr, true
		}
	}
	return 0, false
}

// description returns the one for an address.
func (i *image) description(address uint64) (description, bool) {
	after, _ := slices.BinarySearchFunc(i.descriptions, address, func(d description, address uint64) int {
		if d.begin <= address {
			return -1
		}
		return 1
	})
	if after == 0 {
		return description{}, false
	}
	d := i.descriptions[after-1]
	return d, address < d.end
}

// readNames reads symbols and debug information, once.
func (i *image) readNames() {
	if i.named {
		return
	}
	i.named = true
	i.readSymbols()
	total, compressed := uint64(0), false
	for _, s := range i.file.Sections {
		compressed = compressed || strings.HasPrefix(s.Name, ".zdebug")
		if strings.HasPrefix(s.Name, ".debug_") {
			if s.Size > mostDWARF {
				return
			}
			total += s.Size
		}
	}
	if total == 0 || total > mostDWARF || compressed || i.file.Section(".debug_info") == nil {
		return
	}
	if lines, err := i.file.DWARF(); err == nil {
		i.lines = lines
	}
}

// readSymbols reads the functions of the symbol table. Those that a library exports
// are not enough: what lies between two of them is none of both.
func (i *image) readSymbols() {
	table := i.file.SectionByType(elf.SHT_SYMTAB)
	if table == nil || table.Size > mostSymbols || int(table.Link) >= len(i.file.Sections) ||
		i.file.Sections[table.Link].Size > mostSymbols {
		return
	}
	all, err := i.file.Symbols()
	if err != nil {
		return
	}
	i.symbols = slices.DeleteFunc(all, func(s elf.Symbol) bool {
		return elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 || s.Name == ""
	})
	slices.SortStableFunc(i.symbols, func(a, b elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
}
