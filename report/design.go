package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// DesignSchema is the name of the format of a Design.
const DesignSchema = "forkproof/model/v1"

// A Design is which concurrency model a server has.
type Design struct {
	Schema string `json:"schema"`
	// Model is iterative, forking, double-fork, exec, prefork, threads, thread-pool,
	// select, poll, epoll or hybrid.
	Model string `json:"model"`
	// Pool is how many clients it serves at once at most; 0 when no limit was seen.
	Pool int `json:"pool,omitempty"`
	// Sockets is how many sockets listen on its port, where there are several
	// (SO_REUSEPORT).
	Sockets int `json:"sockets,omitempty"`
	// Sure says that another model would have shown otherwise.
	Sure bool `json:"sure"`
	// Judge is the value of --model that judges it.
	Judge string `json:"judge"`
	// Evidence says in clauses what this rests on, Surer what would make it surer.
	Evidence []string `json:"evidence"`
	Surer    string   `json:"surer,omitempty"`
}

// String says which model it is: "prefork, a pool of 4".
func (d Design) String() string {
	text := d.Model
	switch {
	case d.Pool > 0:
		text += fmt.Sprintf(", a pool of %d", d.Pool)
	case d.Sockets > 1:
		text += fmt.Sprintf(", %d sockets on one port", d.Sockets)
	}
	if !d.Sure {
		text += " (not sure)"
	}
	return text
}

// design prints the model that the server turned out to have, where it is judged by that.
func (p *page) design(r Result) {
	if r.Design != nil && r.Target.Model == r.Design.Judge {
		p.line(0, "its model: "+Line(r.Design.String()))
	}
}

// WriteDesign writes a design for a person.
func WriteDesign(w io.Writer, d Design) error {
	text := d.String() + "\n"
	for _, clause := range d.Evidence {
		text += "  " + Line(clause) + "\n"
	}
	if !d.Sure && d.Surer != "" {
		text += "  surer if: " + Line(d.Surer) + "\n"
	}
	_, err := fmt.Fprintf(w, "%s  judge it with: --model %s\n", text, d.Judge)
	return err
}

// WriteDesignJSON writes a design as JSON.
func WriteDesignJSON(w io.Writer, d Design) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return fmt.Errorf("encode the model as JSON: %w", err)
	}
	_, err := w.Write(plainJSON(b.Bytes()))
	return err
}
