package catalog

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/targets"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// A Threat is what a Hostile server tries, and how a check of it ends.
type Threat struct {
	// ContainedBy names the means that prevent harm.
	ContainedBy string
	// From is the weakest isolation that has them: one of Tiers.
	From string
	// Expect is how a check of the server ends: one of those below.
	Expect string
}

// Tiers returns the names of all isolations, the strongest first.
func Tiers() []string {
	var names []string
	for _, tier := range sandbox.Tiers() {
		names = append(names, string(tier))
	}
	return names
}

// How a check of a hostile server may end.
const (
	ExpectConformant        = "conformant"          // it only attacks
	ExpectConformantOrError = "conformant or error" // or it cannot be judged, with the reason
	ExpectNonconformant     = "nonconformant"       // it has a fault, which it would hide
	ExpectError             = "error"               // it hides what it is judged by
	ExpectJudged            = "judged"              // conformant or not
	ExpectJudgedOrError     = "judged or error"
)

// expectations lists how a check of a hostile server may end.
func expectations() []string {
	return []string{ExpectConformant, ExpectConformantOrError, ExpectNonconformant, ExpectError, ExpectJudged, ExpectJudgedOrError}
}

// Hostiles returns the embedded Hostile servers, by name. They are in no other
// list, so that they run only on purpose: where the machine isolates too little,
// they may harm the forkproof that judges them.
func Hostiles() ([]Server, error) {
	sources, err := fs.Sub(targets.Sources, "csrc")
	if err != nil {
		return nil, fmt.Errorf("open the embedded C sources: %w", err)
	}
	return loadHostiles(sources)
}

// loadHostiles returns the Hostile servers of a folder like targets/csrc. The error
// names the file that it cannot interpret.
func loadHostiles(sources fs.FS) ([]Server, error) {
	l := loader{sources: sources}
	if err := l.loadReference(); err != nil {
		return nil, err
	}
	header := path.Join(hostileFolder, attemptHeader)
	if _, err := fs.Stat(sources, header); err != nil {
		return nil, fmt.Errorf("load the servers: %w", err)
	}
	entries, err := fs.ReadDir(sources, hostileFolder)
	if err != nil {
		return nil, fmt.Errorf("load the servers: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == attemptHeader })
	if err := l.loadEntries(hostileFolder, entries, l.loadHostile); err != nil {
		return nil, err
	}
	return l.servers[1:], nil
}

// loadHostile loads a hostile server: one file that replaces one step.
func (l *loader) loadHostile(folder string, files []string) (Server, error) {
	file, text, err := l.oneStep(folder, files)
	if err != nil {
		return Server{}, err
	}
	server, err := hostileServer(path.Base(folder), text)
	if err != nil {
		return Server{}, fmt.Errorf("%s: %w", file, err)
	}
	server.Header, server.Step = file, strings.TrimSuffix(files[0], ".c")
	server.units = l.units(folder, files)
	server.included = []string{stepsHeader, path.Join(hostileFolder, attemptHeader)}
	return server, nil
}

// hostileServer returns the server that a header comment describes.
func hostileServer(name, text string) (Server, error) {
	h, err := parseHeader(text)
	if err != nil {
		return Server{}, err
	}
	if err := h.check([]string{"hostile", "threat", "contained-by", "from", "expect", "source"}, nil, nil); err != nil {
		return Server{}, err
	}
	if h["hostile"] != name {
		return Server{}, fmt.Errorf("the header says hostile %q, the folder %q", h["hostile"], name)
	}
	threat := Threat{ContainedBy: h["contained-by"], From: h["from"], Expect: h["expect"]}
	if !slices.Contains(Tiers(), threat.From) {
		return Server{}, fmt.Errorf("from: unknown isolation %q: known are %s", threat.From, strings.Join(Tiers(), ", "))
	}
	if !slices.Contains(expectations(), threat.Expect) {
		return Server{}, fmt.Errorf("expect: unknown end %q: known are %s", threat.Expect, strings.Join(expectations(), ", "))
	}
	return Server{
		Name: name, Kind: Hostile, Model: modelForking, Threat: &threat,
		Why: h["threat"], Source: h["source"], Args: []string{targets.PortWord},
	}, nil
}
