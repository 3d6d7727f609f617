package rubric

import (
	"strconv"
	"time"
)

// A Flag is a flag of check with its value.
type Flag struct{ Name, Value string }

// Flags returns the flags by which check judges a submission. A flag that may be
// repeated comes several times.
func (r *Rubric) Flags() []Flag {
	list := []Flag{{"seed", strconv.FormatUint(r.Seed, 10)}, {"model", r.Model}, {"protocol", r.Protocol}}
	add := func(name, value string) {
		if value != "" {
			list = append(list, Flag{name, value})
		}
	}
	if r.Dialogue != "" {
		list = list[:2] // the dialogue is the protocol
		add("dialogue", r.Dialogue)
	}
	add("reply", r.Reply)
	add("greeting", r.Greeting)
	add("path", r.Path)
	add("http-post", r.Post)
	if r.Inetd {
		add("inetd", "true")
	}
	if r.Strict {
		add("strict", "true")
	}
	add("time-limit", duration(r.Limits.Time))
	add("start-limit", duration(r.Limits.Start))
	add("memory", bytes(r.Limits.MemoryBytes))
	add("disk", bytes(r.Limits.DiskBytes))
	for _, text := range r.Sends {
		add("send", text)
	}
	for _, entry := range r.Env {
		add("env", entry)
	}
	for _, id := range r.Selected {
		add("only", id)
	}
	return list
}

func duration(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}

func bytes(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n>>10, 10) + "K"
}
