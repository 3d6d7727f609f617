package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets"
)

const (
	// variantKey marks the file of a Good server whose header describes it.
	variantKey = "variant"
	// usesKey names a folder with further files, which several servers share.
	usesKey = "uses"
)

// loadGood loads a correct server of another design. Its files replace main.c
// and steps; a server with a main.c of its own may have further files.
func (l *loader) loadGood(folder string, files []string) (Server, error) {
	described := ""
	for _, name := range files {
		file := path.Join(folder, name)
		if path.Ext(name) == ".c" && name != mainUnit &&
			!slices.Contains(l.steps, name) && !slices.Contains(files, mainUnit) {
			return Server{}, fmt.Errorf("%s: replaces nothing, there is no %s", file, path.Join(refFolder, name))
		}
		text, err := fs.ReadFile(l.sources, file)
		if err != nil {
			return Server{}, fmt.Errorf("load the servers: %w", err)
		}
		if !strings.HasPrefix(string(text), "/* "+variantKey+":") {
			continue
		}
		if described != "" {
			return Server{}, fmt.Errorf("%s: %s already says which variant this is", file, described)
		}
		described = file
	}
	if described == "" {
		return Server{}, fmt.Errorf("%s: no file there begins with a comment that says %q", folder, variantKey+":")
	}
	h, err := l.header(described)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", described, err)
	}
	server, err := goodServer(path.Base(folder), h)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", described, err)
	}
	server.Header = described
	server.units = l.units(folder, files)
	server.included = append([]string{stepsHeader}, withExtension(".h", folder, files)...)
	if err := l.use(&server, h[usesKey]); err != nil {
		return Server{}, fmt.Errorf("%s: %s: %w", described, usesKey, err)
	}
	return server, nil
}

// use adds the files of a shared folder to a server; none if it has no name.
func (l *loader) use(s *Server, shared string) error {
	if shared == "" {
		return nil
	}
	s.shared = shared
	files, err := l.files(shared, ".c", ".h", ".yaml")
	s.units = append(s.units, withExtension(".c", shared, files)...)
	s.included = append(s.included, withExtension(".h", shared, files)...)
	return err
}

// header parses the header comment of a file.
func (l *loader) header(file string) (header, error) {
	text, err := fs.ReadFile(l.sources, file)
	if err != nil {
		return nil, err
	}
	return parseHeader(string(text))
}

// goodServer returns the server that a header comment describes.
func goodServer(name string, h header) (Server, error) {
	if err := h.check([]string{variantKey, "model", "why", "source"}, append([]string{"advice", "args", usesKey}, protocolKeys...), []string{"args"}); err != nil {
		return Server{}, err
	}
	if h[variantKey] != name {
		return Server{}, fmt.Errorf("the header says variant %q, the folder %q", h[variantKey], name)
	}
	if err := knownModel(h["model"]); err != nil {
		return Server{}, err
	}
	advice, err := h.ids("advice")
	if err != nil {
		return Server{}, err
	}
	args := []string{targets.PortWord}
	if words, given := h["args"]; given {
		args = strings.Fields(words)
	}
	s := Server{
		Name: name, Kind: Good, Model: h["model"], Advice: advice,
		Why: h["why"], Source: h["source"], Args: args,
	}
	s.speaks(h)
	return s, nil
}

func knownModel(name string) error {
	if !slices.Contains(models, name) {
		return fmt.Errorf("unknown model %q: known are %s", name, strings.Join(models, ", "))
	}
	return nil
}

// withExtension returns the paths of the files in a folder that have an extension.
func withExtension(extension, folder string, files []string) []string {
	var list []string
	for _, name := range files {
		if path.Ext(name) == extension {
			list = append(list, path.Join(folder, name))
		}
	}
	return list
}
