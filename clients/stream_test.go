package clients

import (
	"net"
	"runtime"
	"testing"
)

// TestStreamInBoundedMemory sends 16 MiB and reads them back at the same time.
func TestStreamInBoundedMemory(t *testing.T) {
	const size = 16 << 20
	c := connect(t, serve(t, echo(exact)))
	p := Bytes(10, size)
	warmUp := Bytes(11, 1<<20)
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

// TestBlockedClientsAreSmall has clients with much to send and to receive, all
// of them blocked, and measures what stays allocated.
func TestBlockedClientsAreSmall(t *testing.T) {
	const n, most = 50, 16 << 10
	server := serve(t, deaf)
	server.setUp = func(conn *net.TCPConn) error { return conn.SetWriteBuffer(16 << 10) }
	connectAll(t, server, 10).Close()
	before := inUse()
	g := connectAll(t, server, n)
	g.Say(func(i int) Payload { return Printable(uint64(i), 1<<40) })
	if _, err := g.Wait(within(t), "the send to block", func(h History) bool { return h.SendBlocked }); err != nil {
		t.Fatal(err)
	}
	each := (int64(inUse()) - int64(before)) / n
	t.Logf("%d bytes each, the server's end and goroutine stacks included", each)
	if !raceDetector && each > most {
		t.Errorf("a blocked client keeps %d bytes, more than %d", each, most)
	}
	runtime.KeepAlive(g)
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// inUse is heap and stacks after a collection. Two: a pool gives up what it
// holds in the second.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
