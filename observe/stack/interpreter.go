package stack

import (
	"path"
	"regexp"
)

// interpreter matches the names of programs whose own code is not that of the server
// that they run.
var interpreter = regexp.MustCompile(
	`^(python|pypy|perl|ruby|php|node|nodejs|deno|bun|java|lua|luajit|tclsh|guile|beam\.smp|sbcl|dash|bash|ash|sh|zsh|ksh|busybox|dotnet|mono)[-0-9.]*$`,
)

// isInterpreter reports whether a program runs servers that are written in another
// language.
func isInterpreter(program string) bool { return interpreter.MatchString(path.Base(program)) }
