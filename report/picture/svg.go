package picture

import (
	"bytes"
	_ "embed" // the template and the style
	"fmt"
	"html/template"
)

//go:embed picture.svg.tmpl
var svgText string

// Style is the part of a page's style sheet that pictures need. It uses the colours
// --bg, --fg, --dim, --line, --card and --bad.
//
//go:embed picture.css
var Style string

var svgTemplate = template.Must(template.New("svg").Parse(svgText))

// SVG returns the picture of a scene, for a page that has Style. The id is one that no
// other element of the page has or begins with.
func SVG(s Scene, id string) (template.HTML, error) {
	var b bytes.Buffer
	err := svgTemplate.Execute(&b, struct {
		Layout
		ID, Title, Description string
	}{Lay(s), id, "Processes, sockets and clients", s.describe()})
	if err != nil {
		return "", fmt.Errorf("draw the picture: %w", err)
	}
	return template.HTML(b.String()), nil //nolint:gosec // made by a template, which escapes
}

// describe says in words what the picture shows.
func (s Scene) describe() string {
	living, dead, wrong := 0, 0, 0
	for _, p := range s.Processes {
		if p.Dead {
			dead++
		} else {
			living++
		}
		for _, r := range p.Rows {
			if r.Wrong {
				wrong += len(r.all)
			}
		}
	}
	return fmt.Sprintf("Processes that live: %d. Zombies: %d. Sockets: %d. Clients: %d. Descriptors that should not be open: %d. The table below holds the same.",
		living, dead, len(s.Sockets), len(s.Clients), wrong)
}
