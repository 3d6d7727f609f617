package observe

import (
	"time"

	"golang.org/x/sys/unix"
)

func receiveOption(c Call, s sleeper) (Wait, time.Duration) {
	return option(s, int(int32(c.Args[0])), unix.SO_RCVTIMEO)
}

func sendOption(c Call, s sleeper) (Wait, time.Duration) { return sendOptionOf(0)(c, s) }

// sendOptionOf is SO_SNDTIMEO of the descriptor in an argument.
func sendOptionOf(arg int) timeoutRule {
	return func(c Call, s sleeper) (Wait, time.Duration) {
		return option(s, int(int32(c.Args[arg])), unix.SO_SNDTIMEO)
	}
}

func option(s sleeper, fd, name int) (Wait, time.Duration) {
	length, err := s.socketTimeout(fd, name)
	switch {
	case err != nil:
		return Unknown, 0
	case length == 0:
		return Untimed, 0
	default:
		return Timed, length
	}
}
