package observe_test

import (
	"cmp"
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/observe/observetest"
)

// listen returns the address of a socket that listens on the loopback until the
// test ends.
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
	s := observetest.Start(t, "unread")
	c := s.AcceptedClient()
	s.Say(c, "hello")
	s.Settled()
	netlink := observetest.NetlinkTable(t)
	var tables [3][]observe.Socket
	for i, list := range []func() ([]observe.Socket, error){netlink.TCP, observe.NewProcSockets(os.Getpid()).TCP, netlink.EachFamily} {
		all, err := list()
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range all {
			ours := int(k.Local.Port()) == s.Port || int(k.Peer.Port()) == s.Port
			if ours && k.State != observe.TimeWait { // an earlier connection may have had the port
				if k.State == observe.Listen {
					if i != 1 && k.SendQueue != 5 || i == 1 && k.SendQueue != observe.UnknownBacklog {
						t.Errorf("table %d: backlog %d", i, k.SendQueue)
					}
					k.SendQueue = 0
				}
				tables[i] = append(tables[i], k)
			}
		}
		slices.SortFunc(tables[i], func(a, b observe.Socket) int {
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

// The IPv4 client of a dual-stack socket is found by its IPv4 address.
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
	all, err := observetest.NetlinkTable(t).TCP()
	if err != nil {
		t.Fatal(err)
	}
	client := observetest.AddressOf(c)
	mapped := netip.AddrPortFrom(netip.AddrFrom16(client.Addr().As16()), client.Port())
	for _, address := range []netip.AddrPort{client, mapped} {
		if k, found := (observe.Picture{Sockets: all}).Connection(address, c.RemoteAddr().(*net.TCPAddr).AddrPort()); !found || int(k.Local.Port()) != port {
			t.Errorf("%v: %v, %v", address, k, found)
		}
	}
}

func TestNetlinkErrors(t *testing.T) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Fatal(err)
	}
	table := observe.NewNetlinkSockets(fd)
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := table.TCP(); err == nil {
		t.Error("a closed table lists sockets")
	}
	if _, err := observe.New(os.Getpid(), table).Look(observe.Descriptors); err == nil {
		t.Error("a look without its socket table gives no error")
	}
}

// The next look sees a listening socket that is new, or gone.
func TestListensLater(t *testing.T) {
	first := listen(t)
	observer := observe.New(os.Getppid(), observetest.NetlinkTable(t))
	t.Cleanup(observer.Close)
	listening := func() (list []netip.AddrPort) {
		p, err := observer.Look(observe.Descriptors)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range p.Listening() {
			if h.Process.PID == os.Getpid() {
				list = append(list, h.Socket.Local)
			}
		}
		return list
	}
	if list := listening(); !slices.Equal(list, []netip.AddrPort{first}) {
		t.Errorf("%v, want %v", list, first)
	}
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	second := l.Addr().(*net.TCPAddr).AddrPort()
	for range 2 {
		if list := listening(); !slices.Equal(list, []netip.AddrPort{first, second}) {
			t.Errorf("%v, want %v and %v", list, first, second)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if list := listening(); !slices.Equal(list, []netip.AddrPort{first}) {
		t.Errorf("%v after the second is closed, want %v", list, first)
	}
}
