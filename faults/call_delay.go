package faults

import (
	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/trace"
)

// delayedCall holds system calls before the kernel carries them out.
var delayedCall = Kind{
	Name:    "delay",
	Forms:   []Form{{"DURATION", "hold the call before it is carried out", "accept:delay=10ms:times=1"}},
	Options: []Option{FD},
	Check:   checkTracing,
	Change: func(i *trace.Injection, text string) (err error) {
		i.Delay, err = value.Duration("delay", text)
		return err
	},
}
