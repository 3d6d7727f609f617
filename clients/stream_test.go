package clients

import (
	"net"
	"runtime"
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

// TestStreamInBoundedMemory sends 16 MiB and reads them back at the same time.
func TestStreamInBoundedMemory(t *testing.T) {
	const size = 16 << 20
	c := connect(t, serve(t, echo(exact)))
	p := protocol.Printable(10, size)
	warmUp := protocol.Printable(11, 1<<20)
	c.Send(warmUp)
	answered(t, c)
	before := allocated()
	c.Send(p)
	h := answered(t, c)
	after := allocated()
	if h.Received != size+1<<20 {
		t.Errorf("received %d bytes", h.Received)
	}
	t.Logf("allocated %d KiB for %d MiB each way", (after-before)>>10, size>>20)
	if grown := after - before; !raceDetector && grown > 1<<20 {
		t.Errorf("%d bytes were allocated for a stream of %d", grown, size)
	}
}

// TestBlockedClientsAreSmall measures what stays allocated for clients that have
// much to send and are blocked. Most of it is the stacks of three goroutines: a
// client holds no buffer, and no request that was sent.
func TestBlockedClientsAreSmall(t *testing.T) {
	const n, most = 50, 32 << 10 // half of a buffer
	server := serve(t, deaf)
	server.setUp = func(conn *net.TCPConn) error { return conn.SetWriteBuffer(16 << 10) }
	for _, c := range connectAll(t, server, 10) {
		c.Close()
	}
	before := inUse()
	all := connectAll(t, server, n)
	for i, c := range all {
		c.Send(protocol.Printable(uint64(i), 1<<40))
	}
	awaitAll(t, all, "the send to block", func(h History) bool { return h.SendBlocked })
	each := (int64(inUse()) - int64(before)) / n
	t.Logf("%d bytes each, the server's end and goroutine stacks included", each)
	if !raceDetector && each > most {
		t.Errorf("a blocked client keeps %d bytes, more than %d", each, most)
	}
	runtime.KeepAlive(all)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// inUse returns the bytes of heap and stacks after two collections: a pool frees
// what it holds in the second.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// TestThousandClients connects them at once, has each send data of its own,
// and counts goroutines after they are gone.
func TestThousandClients(t *testing.T) {
	all := connectAll(t, serve(t, echo(exact)), 1000)
	for i, c := range all {
		c.Send(protocol.Printable(uint64(i), 2<<10))
	}
	for i, h := range awaitAll(t, all, "the answer", History.Answered) {
		if i%2 == 0 {
			all[i].Close()
		} else {
			all[i].Reset()
		}
		if h.Ended() || h.Received != 2<<10 {
			t.Fatalf("client %d: %v", i, h)
		}
	}
	noGoroutineOf(t, "clients.(*Client)")
}
