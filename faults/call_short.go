package faults

import (
	"errors"

	"github.com/forkproof/forkproof/faults/internal/value"
	"github.com/forkproof/forkproof/faults/trace"
)

// shortTransfer makes read and write transfer fewer bytes than asked for.
var shortTransfer = Kind{
	Name:    "short",
	Forms:   []Form{{"BYTES", "read or write at most BYTES (512, 64K, 10M)", "read:short=1:times=1"}},
	Options: []Option{FD},
	Check:   checkTracing,
	Change: func(i *trace.Injection, text string) error {
		n, err := value.Bytes(text)
		if err == nil && n == 0 {
			err = errors.New("short=0: a transfer can be shortened to 1 byte or more")
		}
		i.Short = int(n)
		return err
	},
}
