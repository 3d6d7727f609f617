package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets"
)

// loadBad loads a faulty server: one file that replaces one step of the reference, or
// the file of that name of the good server that the header names.
func (l *loader) loadBad(folder string, files []string) (Server, error) {
	file, text, err := l.oneFile(folder, files)
	if err != nil {
		return Server{}, err
	}
	if h, err := parseHeader(text); err == nil && h["of"] == "" {
		if _, _, err := l.oneStep(folder, files); err != nil {
			return Server{}, err
		}
	}
	server, err := badServer(path.Base(folder), text)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", file, err)
	}
	server.Header, server.Step = file, strings.TrimSuffix(files[0], ".c")
	if server.Of == "" {
		server.units, server.included = l.units(folder, files), []string{stepsHeader}
	} else if err := l.replaceIn(&server); err != nil {
		return Server{}, fmt.Errorf("%s: %w", file, err)
	}
	return server, l.differs(file, server.replaces())
}

// oneStep returns the path and the text of the one file of a folder, which replaces
// a step of the reference. It fails if there are more, or if there is no such step.
func (l *loader) oneStep(folder string, files []string) (file, text string, err error) {
	file, text, err = l.oneFile(folder, files)
	if err == nil && !slices.Contains(l.steps, files[0]) {
		err = fmt.Errorf("%s: replaces nothing, there is no %s", file, path.Join(refFolder, files[0]))
	}
	return file, text, err
}

// oneFile returns the path and the text of the one file of a folder.
func (l *loader) oneFile(folder string, files []string) (file, text string, err error) {
	if len(files) != 1 {
		return "", "", fmt.Errorf("%s: want exactly one file, the step that is replaced, not %d", folder, len(files))
	}
	file = path.Join(folder, files[0])
	data, err := fs.ReadFile(l.sources, file)
	if err != nil {
		return "", "", fmt.Errorf("load the servers: %w", err)
	}
	return file, string(data), nil
}

// replaceIn has a Bad server consist of the files of a Good one, of which it replaces one.
func (l *loader) replaceIn(s *Server) error {
	folder := path.Join(goodFolder, s.Of)
	files, err := l.files(folder, ".c", ".h")
	if err != nil {
		return err
	}
	good, err := l.loadGood(folder, files)
	if err != nil {
		return err
	}
	if good.Model != s.Model {
		return fmt.Errorf("the model is %q, that of %s %q", s.Model, s.Of, good.Model)
	}
	i := slices.Index(good.units, s.replaces())
	if i < 0 && good.shared != "" {
		s.shared = good.shared
		i = slices.Index(good.units, s.replaces())
	}
	if i < 0 {
		return fmt.Errorf("replaces nothing, there is no %s", s.replaces())
	}
	s.Args, s.units, s.included = good.Args, slices.Clone(good.units), good.included
	if s.Protocol == EchoProtocol {
		s.Protocol, s.Reply, s.Send, s.Dialogue = good.Protocol, good.Reply, good.Send, good.Dialogue
		s.Path, s.Post = good.Path, good.Post
	}
	s.units[i] = s.Header
	return nil
}

// badServer returns the server that a header comment describes.
func badServer(name, text string) (Server, error) {
	h, err := parseHeader(text)
	if err != nil {
		return Server{}, err
	}
	required, optional := []string{"defect", "breaks", "why", "source"}, append([]string{"python", "seen", "model", "of", "like"}, protocolKeys...)
	if h["like"] == "" {
		required = append(required, "cause", "fix")
	}
	if err := h.check(required, optional, nil); err != nil {
		return Server{}, err
	}
	if h["defect"] != name {
		return Server{}, fmt.Errorf("the header says defect %q, the folder %q", h["defect"], name)
	}
	breaks, err := h.ids("breaks")
	if err != nil {
		return Server{}, err
	}
	model := modelForking
	if word, given := h["model"]; given {
		model = word
	}
	if err := knownModel(model); err != nil {
		return Server{}, err
	}
	if h["of"] == "" && model != modelForking {
		return Server{}, fmt.Errorf("model %q: a server of another model than %s names, with of, the good server that it is like", model, modelForking)
	}
	s := Server{
		Name: name, Kind: Bad, Model: model, Of: h["of"], Breaks: breaks,
		Why: h["why"], Source: h["source"],
		Cause: h["cause"], Fix: h["fix"], FixPython: h["python"], Seen: h.list("seen"),
		Like: h.list("like"),
		Args: []string{targets.PortWord},
	}
	s.speaks(h)
	return s, nil
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
