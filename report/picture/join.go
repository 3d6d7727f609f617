package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forkproof/forkproof/report"
)

// A holding is a descriptor in the row of a process.
type holding struct {
	process, row int
	report.Descriptor
}

// holdings returns what each socket is held by, and the sockets in their order.
func (s *Scene) holdings() (order []string, held map[string][]holding) {
	held = map[string][]holding{}
	for i, p := range s.Processes {
		for j, r := range p.Rows {
			for _, d := range r.all {
				key := identity(d)
				if key == "" {
					continue
				}
				if held[key] == nil {
					order = append(order, key)
				}
				held[key] = append(held[key], holding{i, j, d})
			}
		}
	}
	return order, held
}

// join finds the sockets that the rows refer to. Those that are held only in rows of
// several descriptors, and by the same rows, are one.
func (s *Scene) join() {
	order, held := s.holdings()
	groups := map[string]int{}
	names := map[int][]string{}
	count := map[int]int{}
	for _, key := range order {
		group, together := s.group(held[key])
		at, found := groups[group]
		if !together || !found {
			at = len(s.Sockets)
			s.Sockets = append(s.Sockets, socket(held[key][0].Descriptor))
			s.attach(at, held[key])
		}
		if together {
			groups[group] = at
		}
		count[at]++
		names[at] = append(names[at], held[key][0].Client)
		s.Sockets[at].Wrong = s.Sockets[at].Wrong || wrong(held[key])
	}
	for at, n := range count {
		if n > 1 {
			s.Sockets[at].Lines, s.Sockets[at].Client, s.Sockets[at].address = several(names[at]), "", ""
		}
	}
	for i := range s.Sockets {
		if k := &s.Sockets[i]; k.Wrong {
			k.Lines[0] = "✗ " + k.Lines[0]
		}
	}
}

// identity returns what is the same for every descriptor of one socket; empty for
// descriptors that are not drawn as sockets.
func identity(d report.Descriptor) string {
	if k := kind(d); k != listening && k != connected {
		return ""
	}
	if d.Object != 0 {
		return fmt.Sprint(d.Object)
	}
	return d.What
}

// group names the rows that hold a socket, and reports whether it is drawn together
// with others of the same rows: each of them stands for several descriptors.
func (s *Scene) group(held []holding) (string, bool) {
	var b strings.Builder
	for _, h := range held {
		if len(s.Processes[h.process].Rows[h.row].all) == 1 || kind(h.Descriptor) == listening {
			return "", false
		}
		fmt.Fprintf(&b, "%d/%d ", h.process, h.row)
	}
	return b.String(), true
}

func wrong(held []holding) bool {
	return slices.ContainsFunc(held, func(h holding) bool { return h.Wrong })
}

// attach joins a socket to the rows that hold it.
func (s *Scene) attach(at int, held []holding) {
	for _, h := range held {
		r := &s.Processes[h.process].Rows[h.row]
		if !slices.Contains(r.Sockets, at) {
			r.Sockets = append(r.Sockets, at)
		}
	}
}

func socket(d report.Descriptor) Socket {
	_, address, _ := strings.Cut(d.What, "connection from ")
	address, _, _ = strings.Cut(address, " ")
	if kind(d) == listening {
		return Socket{Lines: []string{"LISTENING SOCKET", strings.TrimSpace(strings.TrimPrefix(d.What, listening))}, Listening: true}
	}
	lines := []string{"CONNECTION", d.State}
	if address != "" {
		lines = append(lines, "from "+address)
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	return Socket{Lines: lines, Client: d.Client, address: address}
}

// several are the lines of connections that are drawn as one.
func several(clients []string) []string {
	lines := []string{fmt.Sprintf("%d CONNECTIONS", len(clients))}
	named := slices.DeleteFunc(clients, func(name string) bool { return name == "" })
	if len(named) > 0 {
		lines = append(lines, named[0]+" to "+named[len(named)-1])
	}
	return lines
}

// addClients adds the clients of the evidence, and those at the other end of a
// connection that is drawn.
func (s *Scene) addClients(list []report.Client) {
	for _, c := range list {
		address := strings.TrimPrefix(c.Address, c.Name+" at ")
		d := client(c.Name, address, -1)
		d.Wrong = c.Wrong != nil
		d.Lines = append(d.Lines, fmt.Sprintf("sent %d B, received %d B", c.Sent, c.Received), c.End)
		if c.Wrong != nil {
			d.Lines = append(d.Lines, fmt.Sprintf("✗ byte %d: %s", c.Wrong.Offset, c.Wrong.Got))
		}
		s.Clients = append(s.Clients, d)
	}
	for at, k := range s.Sockets {
		if k.Listening || k.Client == "" && k.address == "" {
			continue
		}
		i := slices.IndexFunc(s.Clients, func(c Client) bool {
			return k.Client != "" && c.name == k.Client || k.address != "" && c.address == k.address
		})
		if i >= 0 {
			s.Clients[i].Socket = at
			continue
		}
		s.Clients = append(s.Clients, client(k.Client, k.address, at))
	}
}

// client returns the box of a client whose connection is Sockets[at].
func client(name, address string, at int) Client {
	title := strings.ToUpper(name)
	if title == "" {
		title = "CLIENT"
	}
	return Client{Lines: []string{title, address}, Socket: at, name: name, address: address}
}
