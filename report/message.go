package report

// Message returns everything about one requirement as plain text, whose lines are at most
// 80 columns wide. What the server wrote is escaped.
func Message(q Requirement) string {
	var p page
	p.detail(q)
	return p.b.String()
}
