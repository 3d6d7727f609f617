package observe

import (
	"cmp"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// listen makes a listening socket on the loopback that ends with the test.
func listen(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// Both tables show the same sockets, but for the backlog.
func TestTablesAgree(t *testing.T) {
	s := start(t, "unread")
	c := served(s)
	s.say(c, "hello")
	s.settled()
	netlink := netlinkTable(t)
	var tables [3][]Socket
	for i, list := range []func() ([]Socket, error){netlink.TCP, NewProcSockets(os.Getpid()).TCP, netlink.eachFamily} {
		all, err := list()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			ours := int(k.Local.Port()) == s.port || int(k.Peer.Port()) == s.port
			if ours && k.State != TimeWait { // that may be an older one's
				if k.State == Listen {
					if i != 1 && k.SendQueue != 5 || i == 1 && k.SendQueue != UnknownBacklog {
						t.Errorf("table %d: backlog %d", i, k.SendQueue)
					}
					k.SendQueue = 0
				}
				tables[i] = append(tables[i], k)
			}
		}
		slices.SortFunc(tables[i], func(a, b Socket) int {
			return cmp.Or(a.Local.Compare(b.Local), a.Peer.Compare(b.Peer))
		})
	}
	compare := gocmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	for i, table := range tables {
		if diff := gocmp.Diff(tables[0], table, compare); diff != "" || len(table) != 3 {
			t.Errorf("table %d has %d sockets, and differs:\n%s", i, len(table), diff)
		}
	}
}

// A client of IPv4 of a dual-stack socket is found by its IPv4 address.
func TestMappedAddress(t *testing.T) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	port := l.Addr().(*net.TCPAddr).Port
	c, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = served.Close() })
	all, err := netlinkTable(t).TCP()
	if err != nil {
		t.Fatal(err)
	}
	client := addressOf(c)
	mapped := netip.AddrPortFrom(netip.AddrFrom16(client.Addr().As16()), client.Port())
	for _, address := range []netip.AddrPort{client, mapped} {
		if k, found := (Picture{Sockets: all}).Connection(address, c.RemoteAddr().(*net.TCPAddr).AddrPort()); !found || int(k.Local.Port()) != port {
			t.Errorf("%v: %v, %v", address, k, found)
		}
	}
}

func TestNetlinkErrors(t *testing.T) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	table := NewNetlinkSockets(fd)
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := table.TCP(); err == nil {
		t.Error("a closed table lists sockets")
	}
	if _, err := New(os.Getpid(), table).Look(Descriptors); err == nil {
		t.Error("a look without its socket table gives no error")
	}
}

func TestNetlinkMessages(t *testing.T) {
	table := &NetlinkSockets{sequence: 7}
	message := func(kind uint16, sequence uint32, body ...byte) []byte {
		b := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
		nativeEndian.PutUint32(b, uint32(unix.SizeofNlMsghdr+len(body)))
		nativeEndian.PutUint16(b[4:], kind)
		nativeEndian.PutUint32(b[8:], sequence)
		return append(b, body...)
	}
	denied := nativeEndian.AppendUint32(nil, uint32(0x100000000-int64(unix.EPERM)))
	for _, c := range []struct {
		name string
		data []byte
		done bool
		fail bool
	}{
		{"done", message(unix.NLMSG_DONE, 7, 0, 0, 0, 0), true, false},
		{"of an earlier request", message(unix.NLMSG_DONE, 6, 0, 0, 0, 0), false, false},
		{"error", message(unix.NLMSG_ERROR, 7, denied...), true, true},
		{"too long", []byte{255, 255, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}, false, true},
		{"a short answer", message(unix.SOCK_DIAG_BY_FAMILY, 7, 1, 2, 3), false, false},
	} {
		list, done, err := table.take(c.data, nil)
		if done != c.done || (err != nil) != c.fail || len(list) != 0 {
			t.Errorf("%s: %v, done %v, %v", c.name, list, done, err)
		}
	}
}
