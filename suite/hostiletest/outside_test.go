package hostiletest

import (
	"fmt"
	"hash/crc32"
	"net"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// Where the testbed listens outside of the sandbox. The server connect-out
// connects there.
const (
	outsidePort     = "7999"
	outsideAbstract = "@outside"
)

// outsideAddress is an address of the testbed that is not a loopback address. RFC
// 5737 reserves it for documentation.
var outsideAddress = [4]byte{192, 0, 2, 1}

// arrivals are the connections and packets that reached the outside listener.
type arrivals struct {
	mu   sync.Mutex
	from []string
}

func (a *arrivals) add(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.from = append(a.from, fmt.Sprintf(format, args...))
}

func (a *arrivals) list() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.from)
}

// listenOutside brings up the testbed's network and listens on it.
func listenOutside() (*arrivals, error) {
	if err := networkUp(); err != nil {
		return nil, err
	}
	all := &arrivals{}
	for _, place := range []struct{ network, address string }{
		{"tcp", ":" + outsidePort}, {"unix", outsideAbstract},
	} {
		listener, err := net.Listen(place.network, place.address)
		if err != nil {
			return nil, err
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				all.add("%s from %v", place.network, conn.RemoteAddr())
				_ = conn.Close()
			}
		}()
	}
	packets, err := net.ListenPacket("udp", ":"+outsidePort)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			_, from, err := packets.ReadFrom(make([]byte, 64))
			if err != nil {
				return
			}
			all.add("udp from %v", from)
		}
	}()
	return all, nil
}

// networkUp brings up lo and gives it one more address: netdevice(7).
func networkUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("bring up the network: %w", err)
	}
	defer func() { _ = unix.Close(fd) }()
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bring up lo: %w", err)
	}
	alias, err := unix.NewIfreq("lo:1")
	if err != nil {
		return err
	}
	if err := alias.SetInet4Addr(outsideAddress[:]); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, alias); err != nil {
		return fmt.Errorf("give lo an address: %w", err)
	}
	return nil
}

func crc(data []byte) uint32 { return crc32.ChecksumIEEE(data) }
