package hostiletest

import (
	"fmt"
	"hash/crc32"
	"net"
	"slices"
	"sync"

	"golang.org/x/sys/unix"
)

// Where somebody listens outside of the sandbox; connect-out knows it, too.
const (
	outsidePort     = "7999"
	outsideAbstract = "@outside"
)

// outsideAddress is an address of the small machine that is not loopback's: one
// of those that RFC 5737 reserves for documentation.
var outsideAddress = [4]byte{192, 0, 2, 1}

// visitors are those who came to the listener outside of the sandbox.
type visitors struct {
	mu   sync.Mutex
	came []string
}

func (v *visitors) add(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.came = append(v.came, fmt.Sprintf(format, args...))
}

func (v *visitors) list() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.came)
}

// listenOutside brings up the small machine's network and listens on it.
func listenOutside() (*visitors, error) {
	if err := networkUp(); err != nil {
		return nil, err
	}
	v := &visitors{}
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
				v.add("%s from %v", place.network, conn.RemoteAddr())
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
			v.add("udp from %v", from)
		}
	}()
	return v, nil
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
