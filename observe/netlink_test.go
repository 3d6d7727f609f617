package observe

import (
	"encoding/binary"
	"net"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNetlinkMessages(t *testing.T) {
	message := func(kind uint16, body ...byte) []byte {
		b := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
		binary.NativeEndian.PutUint32(b, uint32(unix.SizeofNlMsghdr+len(body)))
		binary.NativeEndian.PutUint16(b[4:], kind)
		return append(b, body...)
	}
	denied := binary.NativeEndian.AppendUint32(nil, uint32(0x100000000-int64(unix.EPERM)))
	for _, c := range []struct {
		name string
		data []byte
		done bool
		fail bool
	}{
		{"done", message(unix.NLMSG_DONE, 0, 0, 0, 0), true, false},
		{"error", message(unix.NLMSG_ERROR, denied...), true, true},
		{"too long", []byte{255, 255, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}, false, true},
		{"a short answer", message(unix.SOCK_DIAG_BY_FAMILY, 1, 2, 3), false, false},
	} {
		var list []Socket
		var done bool
		m, _, err := cutMessage(c.data)
		if err == nil {
			list, done, err = m.appendTo(nil)
		}
		if done != c.done || (err != nil) != c.fail || len(list) != 0 {
			t.Errorf("%s: %v, done %v, %v", c.name, list, done, err)
		}
	}
}

// When the kernel refuses the request for the known sockets, TCP lists them.
func TestKnownRequestRefused(t *testing.T) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	table := refusing{NewNetlinkSockets(fd)}
	t.Cleanup(func() { _ = table.Close() })
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	observer := New(os.Getppid(), table)
	t.Cleanup(observer.Close)
	p, err := observer.Look(Descriptors)
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr).AddrPort()
	if !slices.ContainsFunc(p.Listening(), func(h Holding) bool { return h.Socket.Local == address }) {
		t.Errorf("no listening socket %v", address)
	}
}

// refusing is a table that lists no known sockets.
type refusing struct{ *NetlinkSockets }
