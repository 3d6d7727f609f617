package catalog

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A process is a started server: all processes that run its program.
type process struct {
	program string
	ended   chan struct{} // closed when the started process has ended

	mu   sync.Mutex
	said bytes.Buffer
}

// start starts a server on a port that the kernel chooses, and kills all its
// processes when the test ends.
func start(t *testing.T, program string, args []string) *process {
	t.Helper()
	p := &process{program: program, ended: make(chan struct{})}
	silent, speak, err := os.Pipe() // its standard input stays open and says nothing
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	args = strings.Fields(strings.ReplaceAll(strings.Join(args, " "), "{port}", "0"))
	cmd := exec.Command(program, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = silent, write, write
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}

	started := make(chan error)
	go func() {
		defer close(p.ended)
		runtime.LockOSThread() // the parent-death signal comes when this thread ends
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is not of interest
		}
	}()
	go p.listen(read)
	err = <-started
	t.Cleanup(func() {
		p.stop(t)
		_ = speak.Close()
	})
	_ = silent.Close()
	_ = write.Close()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// listen reads all that the server prints, and keeps the beginning.
func (p *process) listen(output *os.File) {
	defer func() { _ = output.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := output.Read(buf)
		p.mu.Lock()
		if p.said.Len() < len(buf) {
			p.said.Write(buf[:n])
		}
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

// listensOrEnds waits until the server listens, and returns the address, or until
// none of its processes is left.
func (p *process) listensOrEnds(t *testing.T) (address string, listens bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(guard); time.Now().Before(deadline); <-tick.C {
		pids := p.pids()
		if address, listens = listeningAddress(pids); listens {
			return address, true
		}
		select {
		case <-p.ended:
			if len(pids) == 0 && len(p.pids()) == 0 {
				return "", false
			}
		default:
		}
	}
	t.Fatalf("it neither listens nor ends within %v: %s", guard, p.output())
	return "", false
}

// pids lists the processes that execute the program: the started one, its
// children, and daemons.
func (p *process) pids() []int {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var pids []int
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil && program == p.program {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

// stop ends the processes until none is left.
func (p *process) stop(t *testing.T) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(guard); ; <-tick.C {
		pids := p.pids()
		if len(pids) == 0 {
			<-p.ended
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("still running after %v: %v", guard, pids)
			return
		}
		for _, pid := range pids {
			p.kill(pid)
		}
	}
}

// kill kills one process. While the pidfd is open, the signal cannot reach another
// process that was given the same pid.
func (p *process) kill(pid int) {
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer func() { _ = unix.Close(fd) }()
	if program, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/exe"); err == nil && program == p.program {
		_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
	}
}

// listeningAddress finds the listening socket that one of the processes holds.
func listeningAddress(pids []int) (string, bool) {
	for _, table := range []struct{ file, host string }{{"tcp", "127.0.0.1"}, {"tcp6", "::1"}} {
		ports := listeningPorts("/proc/net/" + table.file)
		for _, pid := range pids {
			links, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
			for _, link := range links {
				socket, _ := os.Readlink(link)
				if port, found := ports[socket]; found {
					return net.JoinHostPort(table.host, port), true
				}
			}
		}
	}
	return "", false
}

// listeningPorts maps "socket:[inode]" to the port, for sockets in LISTEN.
func listeningPorts(table string) map[string]string {
	const listen = "0A" // TCP_LISTEN, see proc_pid_net(5)
	ports := map[string]string{}
	file, err := os.Open(table)
	if err != nil {
		return ports
	}
	defer func() { _ = file.Close() }()
	text, _ := io.ReadAll(file)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[3] != listen {
			continue
		}
		_, hex, _ := strings.Cut(fields[1], ":")
		port, _ := strconv.ParseUint(hex, 16, 16)
		ports["socket:["+fields[9]+"]"] = strconv.FormatUint(port, 10)
	}
	return ports
}
