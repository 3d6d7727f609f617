// Package response reads the responses of an HTTP server as they arrive, in any portions
// (RFC 9112). It reads leniently, so that one mistake of a server does not hide the
// next, and notes the first breach of each rule.
package response

import (
	"slices"
	"strings"
)

// A Response is what has arrived of a response.
type Response struct {
	// Line is the status line, without its end.
	Line string
	// Major, Minor and Status are what it says.
	Major, Minor, Status int
	// Fields are the field lines, in order, those of a trailer too.
	Fields []Field
	// Breaches are the breaches of the grammar, the first of each rule.
	Breaches []Breach
	// Framing says where the body ends, and Declared what Content-Length says, in bytes.
	Framing  Framing
	Declared int64
	// Body is how many bytes of the body arrived, Sum is their FNV-1a hash, and Beginning
	// holds the first 4096 of them.
	Body      int64
	Sum       uint64
	Beginning []byte
	// Headed says that all of the head arrived, Complete that nothing is missing. A body
	// that the end of the connection ends is complete at any time.
	Headed, Complete bool
}

// A Field is one field line.
type Field struct{ Name, Value string }

// A Rule is what a breach breaks.
type Rule int

const (
	// StatusLine is RFC 9112, section 4.
	StatusLine Rule = iota
	// FieldLines is RFC 9112, section 5.
	FieldLines
	// BodyLength is RFC 9112, sections 6 and 7.
	BodyLength
)

// A Breach says how a response breaks a rule, as a clause: "the status line ends in LF".
type Breach struct {
	Rule Rule
	What string
}

// A Framing says where a body ends (RFC 9112, section 6.3).
type Framing int

const (
	// NoBody is the framing of a response that ends with its head.
	NoBody Framing = iota
	// Length: after as many bytes as Content-Length says.
	Length
	// Chunked: after the last chunk.
	Chunked
	// UntilEnd: where the connection ends.
	UntilEnd
)

// Final reports whether it is the answer, and no interim response (1xx).
func (r Response) Final() bool { return r.Status >= 200 }

// Values returns the values of the fields of a name, in order.
func (r Response) Values(name string) []string {
	var list []string
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			list = append(list, f.Value)
		}
	}
	return list
}

// Says reports whether a field that is a list has a token in it, as "close" in Connection.
func (r Response) Says(name, token string) bool {
	return slices.ContainsFunc(r.Values(name), func(value string) bool {
		return slices.ContainsFunc(strings.Split(value, ","), func(one string) bool {
			return strings.EqualFold(strings.TrimSpace(one), token)
		})
	})
}

// Breach returns what breaks a rule; "" when nothing does.
func (r Response) Breach(rule Rule) string {
	for _, b := range r.Breaches {
		if b.Rule == rule {
			return b.What
		}
	}
	return ""
}

// note notes a breach, unless the rule was broken before.
func (r *Response) note(rule Rule, what string) {
	if r.Breach(rule) == "" {
		r.Breaches = append(r.Breaches, Breach{rule, what})
	}
}
