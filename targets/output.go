package targets

import (
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/forkproof/forkproof/internal/crash"
)

// keptOutput is how much is kept of the beginning and of the end of what a
// server writes.
const keptOutput = 16 << 10

// An Output drains what a server writes to its standard output and error for
// as long as anybody may write, and keeps the beginning and the end.
type Output struct {
	mu    sync.Mutex
	head  []byte
	tail  []byte // the last bytes after head, at most keptOutput
	total int64
	inode uint64 // of the pipe it comes through
	done  chan struct{}
}

// drain reads from r until every writer is gone, then closes it. It writes all
// that it reads to shown, unless that is nil.
func drain(r *os.File, shown io.Writer) *Output {
	o := &Output{inode: inodeOf(r), done: make(chan struct{})}
	crash.Go(func() {
		defer close(o.done)
		defer func() { _ = r.Close() }()
		buf := make([]byte, 64<<10)
		for {
			n, err := r.Read(buf)
			o.add(buf[:n])
			if shown != nil {
				_, _ = shown.Write(buf[:n]) // a person who reads no more is no reason not to drain
			}
			if err != nil {
				return
			}
		}
	})
	return o
}

// await waits until all that was written has been read: for when every writer
// has ended. The guard is for one that has not.
func (o *Output) await(guard time.Duration) {
	select {
	case <-o.done:
	case <-time.After(guard):
	}
}

func (o *Output) add(data []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.total += int64(len(data))
	room := min(keptOutput-len(o.head), len(data))
	o.head = append(o.head, data[:room]...)
	data = data[room:]
	if len(data) >= keptOutput {
		o.tail = append(o.tail[:0], data[len(data)-keptOutput:]...)
		return
	}
	if over := len(o.tail) + len(data) - keptOutput; over > 0 {
		o.tail = append(o.tail[:0], o.tail[over:]...)
	}
	o.tail = append(o.tail, data...)
}

// Done is closed when every writer is gone and all that was written is read.
func (o *Output) Done() <-chan struct{} { return o.done }

// Inode names the pipe that the output comes through, as in pipe:[N] of
// proc_pid_fd(5); 0 when unknown.
func (o *Output) Inode() uint64 { return o.inode }

func inodeOf(f *os.File) uint64 {
	info, err := f.Stat() // not Fd(), which would make the pipe a blocking one
	if err != nil {
		return 0
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return stat.Ino
}

// Total is how many bytes the server wrote so far.
func (o *Output) Total() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.total
}

// String gives what was kept: all of it, or the beginning and the end with the
// number of bytes that are missing between them. It is not escaped.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	missing := o.total - int64(len(o.head)) - int64(len(o.tail))
	if missing == 0 {
		return string(o.head) + string(o.tail)
	}
	return fmt.Sprintf("%s\n[… %d bytes left out …]\n%s", o.head, missing, o.tail)
}
