package harness

import (
	"context"
	"errors"
	"sync"

	"github.com/forkproof/forkproof/targets"
)

// maxAhead is how many hosts are made ahead at most. Some specs only wait, for
// a fork that is slow, or for the timers of the server: meanwhile the machine
// makes the hosts of those that follow.
const maxAhead = 8

// ahead are the hosts that are made while specs run, so that no spec waits for
// a keeper to start.
var ahead struct {
	sync.Mutex
	queue []chan prepared
	last  chan struct{} // closed when the last of the queue is made
	specs int           // that are still to begin
	told  bool          // whether that is known
}

type prepared struct {
	host *targets.Host
	err  error
}

// takeHost gives a fresh host, and has those made that are needed next.
func takeHost(ctx context.Context, config Config) (*targets.Host, error) {
	ahead.Lock()
	defer ahead.Unlock()
	next := min(ahead.specs, maxAhead)
	if !ahead.told {
		next = 1
	}
	for len(ahead.queue) < 1+next {
		ahead.queue = append(ahead.queue, prepare(config))
	}
	first := ahead.queue[0]
	ahead.queue = ahead.queue[1:]
	select {
	case p := <-first:
		return p.host, p.err
	case <-ctx.Done():
		go discard(first)
		return nil, ctx.Err()
	}
}

// prepare makes a host once the one before is made: to make several at once
// would take the processor from the spec that runs.
func prepare(config Config) chan prepared {
	made := make(chan prepared, 1)
	before, done := ahead.last, make(chan struct{})
	ahead.last = done
	go func() {
		defer close(done)
		if before != nil {
			<-before
		}
		host, err := targets.NewHost(context.Background(), config.Limits.Limits)
		if err == nil {
			if err = host.Expect(context.Background(), config.Command); err != nil {
				host, err = nil, errors.Join(err, host.Close())
			}
		}
		made <- prepared{host, err}
	}()
	return made
}

func discard(made chan prepared) {
	if p := <-made; p.host != nil {
		_ = p.host.Close()
	}
}

// specsToCome tells how many specs are still to begin.
func specsToCome(n int) {
	ahead.Lock()
	defer ahead.Unlock()
	ahead.specs, ahead.told = n, true
}

// specBegins notes that one of them does.
func specBegins() {
	ahead.Lock()
	defer ahead.Unlock()
	ahead.specs = max(0, ahead.specs-1)
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

// CloseHosts waits until every host is ended, also those that were made and
// not used.
func CloseHosts() error {
	ahead.Lock()
	defer ahead.Unlock()
	for _, made := range ahead.queue {
		discard(made)
	}
	ahead.queue = nil
	closing.Wait()
	closing.Lock()
	defer closing.Unlock()
	return closing.failed
}
