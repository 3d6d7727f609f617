package wire

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// removeLimit guards against a group that does not come empty.
const removeLimit = 5 * time.Second

// Rmdir calls remove until the kernel has let go of the last process; it takes
// a moment longer for that than for reporting the end.
func Rmdir(remove func() error) error {
	for guard := time.Now().Add(removeLimit); ; <-time.After(time.Millisecond) {
		err := remove()
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(guard) {
			return fmt.Errorf("remove a control group: %w", err)
		}
	}
}
