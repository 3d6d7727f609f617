package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/internal/nearest"
	"github.com/forkproof/forkproof/targets"
)

const (
	stepsHeader = "server.h"
	mainUnit    = "main.c"
	refFolder   = "ref"
	badFolder   = "bad"
	goodFolder  = "good"

	hostileFolder = "hostile"
	attemptHeader = "attempt.h"
)

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Servers returns the servers whose sources are embedded in this binary: the
// reference, then the Bad ones, then the Good ones, each by name.
func Servers() ([]Server, error) {
	sources, err := fs.Sub(targets.Sources, "csrc")
	if err != nil {
		return nil, fmt.Errorf("open the embedded C sources: %w", err)
	}
	return load(sources)
}

// Find returns the embedded server of that name. The error is one sentence that
// names the nearest ones.
func Find(name string) (Server, error) {
	list, err := Servers()
	if err != nil {
		return Server{}, err
	}
	names := make([]string, len(list))
	for i, s := range list {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Server{}, fmt.Errorf("no built-in server is named %q: %sforkproof list targets lists all", name, nearest.Meant(name, names))
}

// load returns the servers of a folder like targets/csrc, in the order of
// [Servers]. The error names the file that it cannot interpret.
func load(sources fs.FS) ([]Server, error) {
	l := loader{sources: sources}
	if err := l.loadReference(); err != nil {
		return nil, err
	}
	for _, folder := range []struct {
		name string
		load func(folder string, files []string) (Server, error)
	}{{badFolder, l.loadBad}, {goodFolder, l.loadGood}} {
		if err := l.loadFolder(folder.name, folder.load); err != nil {
			return nil, err
		}
	}
	return l.servers, l.checkLikes()
}

// checkLikes returns an error that names a server which is like one that there is not.
func (l *loader) checkLikes() error {
	for _, s := range l.servers {
		for _, name := range s.Like {
			if !slices.ContainsFunc(l.servers, func(other Server) bool { return other.Name == name && other.Kind == Bad }) {
				return fmt.Errorf("%s: like: there is no faulty server %q", s.Header, name)
			}
		}
	}
	return nil
}

// A loader reads a tree of sources.
type loader struct {
	sources fs.FS
	steps   []string // the file names in ref
	servers []Server
}

func (l *loader) loadReference() error {
	for _, name := range []string{stepsHeader, mainUnit} {
		if _, err := fs.Stat(l.sources, name); err != nil {
			return fmt.Errorf("load the servers: %w", err)
		}
	}
	steps, err := l.files(refFolder, ".c")
	if err != nil {
		return err
	}
	l.steps = steps
	l.servers = append(l.servers, Server{
		Name:     ReferenceName,
		Kind:     Reference,
		Model:    modelForking,
		Protocol: EchoProtocol,
		Why:      "One process per client, the way UNP builds it, and hardened for production: it meets every requirement.",
		Source:   "UNP 3rd ed. §4.8 and §5.2 to §5.13",
		Args:     []string{targets.PortWord},
		sources:  l.sources,
		units:    l.units("", nil),
		included: []string{stepsHeader},
	})
	return nil
}

// loadFolder loads one server from each folder in bad or good.
func (l *loader) loadFolder(parent string, load func(string, []string) (Server, error)) error {
	entries, err := fs.ReadDir(l.sources, parent)
	if err != nil {
		return fmt.Errorf("load the servers: %w", err)
	}
	return l.loadEntries(parent, entries, load)
}

// loadEntries loads one server from each of some entries of a folder.
func (l *loader) loadEntries(parent string, entries []fs.DirEntry, load func(string, []string) (Server, error)) error {
	for _, entry := range entries {
		folder := path.Join(parent, entry.Name())
		if !entry.IsDir() || !slug.MatchString(entry.Name()) {
			return fmt.Errorf("%s: want a folder with a name like reap-once", folder)
		}
		files, err := l.files(folder, ".c", ".h")
		if err != nil {
			return err
		}
		server, err := load(folder, files)
		if err != nil {
			return err
		}
		if err := l.add(server, folder); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) add(server Server, folder string) error {
	for _, other := range l.servers {
		if other.Name == server.Name {
			return fmt.Errorf("%s: there already is a %s server with that name", folder, other.Kind)
		}
	}
	server.sources = l.sources
	l.servers = append(l.servers, server)
	return nil
}

// files returns the names of the files in a folder. It fails if anything there does
// not have one of the extensions.
func (l *loader) files(folder string, extensions ...string) ([]string, error) {
	entries, err := fs.ReadDir(l.sources, folder)
	if err != nil {
		return nil, fmt.Errorf("load the servers: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() || !slices.Contains(extensions, path.Ext(entry.Name())) {
			return nil, fmt.Errorf("%s: want nothing but %s files there",
				path.Join(folder, entry.Name()), strings.Join(extensions, " and "))
		}
		names = append(names, entry.Name())
	}
	return names, nil
}

// units returns the C files that a server is compiled from: main.c, every step, and
// the other files of its folder. A file in its folder replaces the standard one.
func (l *loader) units(folder string, own []string) []string {
	var units []string
	place := func(name, standard string) {
		if slices.Contains(own, name) {
			standard = path.Join(folder, name)
		}
		units = append(units, standard)
	}
	place(mainUnit, mainUnit)
	for _, step := range l.steps {
		place(step, path.Join(refFolder, step))
	}
	for _, name := range own {
		if path.Ext(name) == ".c" && name != mainUnit && !slices.Contains(l.steps, name) {
			units = append(units, path.Join(folder, name))
		}
	}
	return units
}
