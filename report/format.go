package report

import "io"

// A Format is a form of the result that other programs read.
type Format struct {
	// Name is what --report takes.
	Name string
	// For says what the format is for.
	For string
	// Write writes a result. It escapes whatever the server wrote.
	Write func(io.Writer, Result) error
}

// formats is the table of formats. A new one is a file of its own and a line here;
// check --report, its help and the golden test follow.
var formats = []Format{
	{"json", "the result file, forkproof/result/v1", WriteJSON},
	{"junit", "JUnit XML, for CI systems", WriteJUnit},
}

// Formats returns the table of formats.
func Formats() []Format { return append([]Format(nil), formats...) }

// FormatNames returns the names of the formats.
func FormatNames() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// FindFormat returns the format with a name.
func FindFormat(name string) (Format, bool) {
	for _, f := range formats {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// WriteFile writes a result to path. The file is either the old one or the complete
// new one, whatever happens. A symbolic link, and anything else that is not a regular
// file, is refused.
func (f Format) WriteFile(path string, r Result) error {
	return replaceFile(path, func(w io.Writer) error { return f.Write(w, r) })
}
