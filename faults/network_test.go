package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/internal/testproc"
)

// connected returns both ends of a connection on the loopback interface.
func connected(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = conn.Close(), other.Close() })
	return conn.(*net.TCPConn), other.(*net.TCPConn)
}

func TestVanish(t *testing.T) {
	client, server := connected(t)
	err := vanish(client)
	if errors.Is(err, unix.EPERM) {
		t.Skipf("it takes CAP_NET_ADMIN: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	// Loopback delivers at once: had a FIN or RST been sent, it would be here.
	if state := tcpState(t, server); state != 1 {
		t.Errorf("the server's end is in state %d, want 1 (ESTABLISHED)", state)
	}
	if err := server.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server read %v, want nothing", err)
	}
	if _, err := server.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := server.SetReadDeadline(time.Now().Add(testproc.Guard)); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("after the server sent: %v, want ECONNRESET", err)
	}
}

func tcpState(t *testing.T, conn *net.TCPConn) byte {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var state byte
	_ = raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			state = info.State
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestLoopbackOfThisMachineStaysUp(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	if _, err := takeLoopbackDown(fd); !errors.Is(err, errOwnNetwork) && !errors.Is(err, unix.ENOPROTOOPT) {
		t.Errorf("%v, want errOwnNetwork", err)
	}
}

// TestLoopbackDown uses the namespace of a child, which passes a socket of it.
func TestLoopbackDown(t *testing.T) {
	if socket := os.Getenv("FORKPROOF_TEST_NETNS"); socket != "" {
		passSocket(t)
		return
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(pair[0]) }()
	child := exec.Command(os.Args[0], "-test.run=^TestLoopbackDown$")
	child.Env = append(os.Environ(), "FORKPROOF_TEST_NETNS=1")
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	file := os.NewFile(uintptr(pair[1]), "socket")
	child.ExtraFiles = []*os.File{file}
	err = child.Run()
	_ = file.Close()
	if errors.Is(err, unix.EPERM) {
		t.Skipf("to make a network namespace takes CAP_SYS_ADMIN: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	socket := receiveSocket(t, pair[0])
	defer func() { _ = unix.Close(socket) }()
	undo, err := takeLoopbackDown(socket)
	if err != nil {
		t.Fatal(err)
	}
	if up := isUp(t, socket); up {
		t.Error("the interface is up after takeLoopbackDown")
	}
	thaw(t, undo)
	if up := isUp(t, socket); !up {
		t.Error("the interface is down after the undo")
	}
	thaw(t, undo)
}

// passSocket runs in the child of TestLoopbackDown.
func passSocket(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		err = setUp(fd, true)
	}
	if err == nil {
		err = unix.Sendmsg(3, []byte("s"), unix.UnixRights(fd), nil, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func receiveSocket(t *testing.T, from int) int {
	t.Helper()
	control := make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(from, make([]byte, 1), control, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	messages, err := unix.ParseSocketControlMessage(control[:n])
	if err != nil {
		t.Fatal(err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		t.Fatal(err)
	}
	return fds[0]
}

func isUp(t *testing.T, socket int) bool {
	t.Helper()
	request, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, request); err != nil {
		t.Fatal(err)
	}
	return request.Uint16()&unix.IFF_UP != 0
}

// acceptQueue returns how many connections wait in an accept queue, and the backlog.
func acceptQueue(t *testing.T, l *net.TCPListener) (held, most uint32) {
	t.Helper()
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) {
		var info *unix.TCPInfo
		if info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			held, most = info.Unacked, info.Sacked // of a listening socket: tcp_get_info in Linux
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return held, most
}

func TestFillAcceptQueue(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	listener := l.(*net.TCPListener)
	raw, err := listener.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), 3) })
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context) (io.Closer, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
	room := func() (int, error) { held, most := acceptQueue(t, listener); return int(most) + 1 - int(held), nil }
	undo, err := fillAcceptQueue(testproc.Within(t), dial, room)
	if err != nil {
		t.Fatal(err)
	}
	held, most := acceptQueue(t, listener)
	if held != 4 || most != 3 {
		t.Errorf("the queue holds %d of %d, want 4 of 3", held, most)
	}
	thaw(t, undo)
	refused := errors.New("refused")
	_, err = fillAcceptQueue(testproc.Within(t), func(context.Context) (io.Closer, error) { return nil, refused },
		func() (int, error) { return 1, nil })
	if !errors.Is(err, refused) || !strings.Contains(err.Error(), "after 0 connections") {
		t.Errorf("%v", fmt.Sprint(err))
	}
}
