package suite

import (
	"context"
	"errors"
	"sync"

	"github.com/forkproof/forkproof/targets"
)

// The next host is made while a spec runs, so that no spec waits for a
// keeper to start.
var spare struct {
	sync.Mutex
	next chan prepared
}

type prepared struct {
	host *targets.Host
	err  error
}

// takeHost gives a fresh host, and has the next one made.
func takeHost(ctx context.Context, limits targets.Limits) (*targets.Host, error) {
	spare.Lock()
	defer spare.Unlock()
	ready := spare.next
	if ready == nil {
		ready = prepare(limits)
	}
	spare.next = prepare(limits)
	select {
	case p := <-ready:
		return p.host, p.err
	case <-ctx.Done():
		go discard(ready)
		return nil, ctx.Err()
	}
}

func prepare(limits targets.Limits) chan prepared {
	made := make(chan prepared, 1)
	go func() {
		host, err := targets.NewHost(context.Background(), limits)
		made <- prepared{host, err}
	}()
	return made
}

func discard(made chan prepared) {
	if p := <-made; p.host != nil {
		_ = p.host.Close()
	}
}

// closing are the hosts that are being ended, while the next spec runs already.
var closing struct {
	sync.WaitGroup
	sync.Mutex
	failed error
}

// closeHost ends a host. On the machine's own network it returns when that is
// done: the next server may want the same port.
func closeHost(host *targets.Host) {
	if !host.Isolation().Network {
		defer closing.Wait()
	}
	closing.Go(func() {
		if err := host.Close(); err != nil {
			closing.Lock()
			defer closing.Unlock()
			closing.failed = errors.Join(closing.failed, err)
		}
	})
}

// CloseHosts waits until every host is ended, also the one that was made and
// not used.
func CloseHosts() error {
	spare.Lock()
	defer spare.Unlock()
	if spare.next != nil {
		discard(spare.next)
		spare.next = nil
	}
	closing.Wait()
	closing.Lock()
	defer closing.Unlock()
	return closing.failed
}
