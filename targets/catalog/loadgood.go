package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets"
)

// variantKey marks the one file of a Good server whose header describes it.
const variantKey = "variant"

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
	server, err := l.goodServer(path.Base(folder), described)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", described, err)
	}
	server.units = l.units(folder, files)
	server.included = append([]string{stepsHeader}, headersIn(folder, files)...)
	return server, nil
}

// goodServer is the server that the header comment of a file describes.
func (l *loader) goodServer(name, file string) (Server, error) {
	text, err := fs.ReadFile(l.sources, file)
	if err != nil {
		return Server{}, err
	}
	h, err := parseHeader(string(text))
	if err != nil {
		return Server{}, err
	}
	if err := h.check([]string{variantKey, "model", "why", "source"}, []string{"advice", "args"}, []string{"args"}); err != nil {
		return Server{}, err
	}
	if h[variantKey] != name {
		return Server{}, fmt.Errorf("the header says variant %q, the folder %q", h[variantKey], name)
	}
	if model := h["model"]; model != modelForking && model != modelAny {
		return Server{}, fmt.Errorf("unknown model %q: known are %s and %s", model, modelForking, modelAny)
	}
	advice, err := h.ids("advice")
	if err != nil {
		return Server{}, err
	}
	args := []string{targets.PortWord}
	if words, given := h["args"]; given {
		args = strings.Fields(words)
	}
	return Server{
		Name: name, Kind: Good, Model: h["model"], Advice: advice,
		Why: h["why"], Source: h["source"], Args: args,
	}, nil
}

func headersIn(folder string, files []string) []string {
	var headers []string
	for _, name := range files {
		if path.Ext(name) == ".h" {
			headers = append(headers, path.Join(folder, name))
		}
	}
	return headers
}
