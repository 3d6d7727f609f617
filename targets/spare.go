package targets

import (
	"context"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// maxSpare is how many sockets are kept ready at most.
const maxSpare = 64

// spareSockets are TCP sockets that were opened where the servers run and are
// not connected yet. They are fetched several at a time, more each time, since
// each fetch is a question to the init.
type spareSockets struct {
	mu     sync.Mutex
	family int
	fds    []int
	batch  int
}

// take gives a socket of an address family; the caller owns it.
func (s *spareSockets) take(ctx context.Context, box *sandbox.Host, family int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if family != s.family {
		s.drop()
		s.family = family
	}
	if len(s.fds) == 0 {
		s.batch = min(max(2*s.batch, 2), maxSpare)
		fds, err := box.Sockets(ctx, family, unix.SOCK_STREAM, 0, s.batch)
		if err != nil {
			return -1, err
		}
		s.fds = fds
	}
	fd := s.fds[0]
	s.fds = s.fds[1:]
	return fd, nil
}

// close closes those that nobody took.
func (s *spareSockets) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

func (s *spareSockets) drop() {
	for _, fd := range s.fds {
		_ = unix.Close(fd)
	}
	s.fds = nil
}
