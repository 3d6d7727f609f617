package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets"
)

// loadBad loads a faulty server: one file that replaces one step.
func (l *loader) loadBad(folder string, files []string) (Server, error) {
	file, text, err := l.oneStep(folder, files)
	if err != nil {
		return Server{}, err
	}
	server, err := badServer(path.Base(folder), text)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", file, err)
	}
	if err := l.differs(file, path.Join(refFolder, files[0])); err != nil {
		return Server{}, err
	}
	server.Header, server.Step = file, strings.TrimSuffix(files[0], ".c")
	server.units = l.units(folder, files)
	server.included = []string{stepsHeader}
	return server, nil
}

// oneStep returns the path and the text of the one file of a folder, which replaces
// a step. It fails if there are more, or if there is no such step.
func (l *loader) oneStep(folder string, files []string) (file, text string, err error) {
	if len(files) != 1 {
		return "", "", fmt.Errorf("%s: want exactly one file, the step that is replaced, not %d", folder, len(files))
	}
	file = path.Join(folder, files[0])
	if !slices.Contains(l.steps, files[0]) {
		return "", "", fmt.Errorf("%s: replaces nothing, there is no %s", file, path.Join(refFolder, files[0]))
	}
	data, err := fs.ReadFile(l.sources, file)
	if err != nil {
		return "", "", fmt.Errorf("load the servers: %w", err)
	}
	return file, string(data), nil
}

// badServer returns the server that a header comment describes.
func badServer(name, text string) (Server, error) {
	h, err := parseHeader(text)
	if err != nil {
		return Server{}, err
	}
	if err := h.check([]string{"defect", "breaks", "why", "source", "cause", "fix"}, []string{"model", "python", "seen"}, nil); err != nil {
		return Server{}, err
	}
	if h["defect"] != name {
		return Server{}, fmt.Errorf("the header says defect %q, the folder %q", h["defect"], name)
	}
	model, err := h.model()
	if err != nil {
		return Server{}, err
	}
	breaks, err := h.ids("breaks")
	if err != nil {
		return Server{}, err
	}
	return Server{
		Name: name, Kind: Bad, Model: model, Breaks: breaks,
		Why: h["why"], Source: h["source"],
		Cause: h["cause"], Fix: h["fix"], FixPython: h["python"], Seen: h.list("seen"),
		Args: []string{targets.PortWord},
	}, nil
}

// model returns the model by which a server is judged: forking, unless the header names
// another one.
func (h header) model() (string, error) {
	switch model, given := h["model"]; {
	case !given:
		return modelForking, nil
	case model != modelForking && model != modelAny:
		return "", fmt.Errorf("unknown model %q: known are %s and %s", model, modelForking, modelAny)
	default:
		return model, nil
	}
}

// list returns the values of a key that commas separate.
func (h header) list(key string) []string {
	return strings.FieldsFunc(h[key], func(r rune) bool { return r == ',' || r == ' ' })
}

// differs returns an error if a file has the code of the one that it replaces.
func (l *loader) differs(file, replaced string) error {
	code, err := codeOf(l.sources, file)
	if err != nil {
		return err
	}
	original, err := codeOf(l.sources, replaced)
	if err != nil {
		return err
	}
	if code == original {
		return fmt.Errorf("%s: is the same code as %s", file, replaced)
	}
	return nil
}

// codeOf returns the text of a C file without its header comment.
func codeOf(sources fs.FS, file string) (string, error) {
	text, err := fs.ReadFile(sources, file)
	if err != nil {
		return "", fmt.Errorf("load the servers: %w", err)
	}
	_, code, err := splitHeader(string(text))
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return code, nil
}
