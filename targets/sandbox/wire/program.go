package wire

import (
	"os"

	"golang.org/x/sys/unix"
)

// A Program is what a host runs, and how it starts.
type Program struct {
	// Path is the file that is executed, Args its arguments, args[0] included.
	Path string   `json:"path"`
	Args []string `json:"args"`
	// Typed are the arguments as they were typed, with PortWord for the port;
	// nil means Args. What the server sees follows from them.
	Typed []string `json:"-"`
	// Dir is its working directory; empty means that of forkproof.
	Dir string `json:"dir,omitempty"`
	Conditions
	// Show are files and directories that it may read besides those that its
	// command names. Writable are such that it may change, too; see View.Own.
	Show     []string `json:"-"`
	Writable []string `json:"-"`
	// Held says that it is stopped by SIGSTOP before it is executed, so that a
	// tracer sees all of its system calls.
	Held bool `json:"held,omitempty"`
	// Offline says that it makes no sockets but of the UNIX domain.
	Offline bool `json:"offline,omitempty"`
	// View is what it sees of the machine; set by the host.
	View *View `json:"view,omitempty"`
	// Stdin becomes its descriptor 0, Output its descriptors 1 and 2.
	Stdin  *os.File `json:"-"`
	Output *os.File `json:"-"`
}

// Conditions are what a program inherits at its start. The zero value is the
// ordinary start: no signal ignored, none blocked, descriptors 0 to 2 open.
type Conditions struct {
	// Ignored signals have the disposition SIG_IGN, as nohup(1) leaves SIGHUP
	// and some service managers SIGPIPE; execve(2) keeps it.
	Ignored []unix.Signal `json:"ignored,omitempty"`
	// Blocked signals are in the signal mask, which execve(2) keeps too.
	Blocked []unix.Signal `json:"blocked,omitempty"`
	// Closed are those of the descriptors 0, 1 and 2 that are not open.
	Closed []int `json:"closed,omitempty"`
	// Env is added to the environment, as NAME=VALUE; a later one wins.
	Env []string `json:"env,omitempty"`
}
