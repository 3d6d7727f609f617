package faults

import (
	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/trace"
)

// failingCall makes system calls fail.
var failingCall = Kind{
	Name:    "error",
	Forms:   []Form{{"ERRNO", "make the call fail", "fork:error=EAGAIN:times=1"}},
	Options: []Option{FD},
	Check:   checkTracing,
	Change: func(i *trace.Injection, text string) (err error) {
		i.Errno, err = value.Errno(text)
		return err
	},
}
