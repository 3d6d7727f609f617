package hostiletest

import (
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

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

// listenOutside brings up the testbed's network and listens on it, and by a socket and a
// FIFO in a folder that every server can read.
func listenOutside() (*arrivals, error) {
	if err := networkUp(); err != nil {
		return nil, err
	}
	all := &arrivals{}
	if err := all.useFiles(); err != nil {
		return nil, err
	}
	for _, place := range []struct{ network, address string }{
		{"tcp", ":" + outsidePort}, {"unix", outsideAbstract},
		{"unix", machineFolder + "/socket"},
	} {
		listener, err := net.Listen(place.network, place.address)
		if err != nil {
			return nil, err
		}
		if filepath.IsAbs(place.address) {
			if err := os.Chmod(place.address, 0o777); err != nil {
				return nil, err
			}
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

// useFiles makes that folder, and uses a file and a FIFO in it as long as the testbed is
// there.
func (a *arrivals) useFiles() error {
	path := machineFolder + "/fifo"
	if err := errors.Join(os.MkdirAll(machineFolder, 0o755), unix.Mkfifo(path, 0), os.Chmod(path, 0o666)); err != nil {
		return err
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	go func() {
		for {
			if _, err := fifo.Read(make([]byte, 1)); err != nil {
				return
			}
			a.add("a byte in a FIFO")
		}
	}()
	if err := os.WriteFile(machineFolder+"/file", []byte("x"), 0o644); err != nil {
		return err
	}
	file, err := os.OpenFile(machineFolder+"/file", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", file.Name(), err)
	}
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			_, _ = file.WriteAt([]byte("x"), 0)
		}
	}()
	return nil
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
