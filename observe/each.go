package observe

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	maxReaders = 4
	// share is how many processes one reader takes at a time; fewer than two
	// shares are not worth a second reader.
	share = 32
)

// each calls do for every index below n. Large trees are read by several
// readers at once: nearly all the time goes into system calls.
func (o *Observer) each(n int, do func(r *procReader, i int)) {
	readers := min(runtime.GOMAXPROCS(0), maxReaders, n/share)
	if readers < 2 {
		for i := range n {
			do(&o.readers[0], i)
		}
		return
	}
	var next atomic.Int64
	var done sync.WaitGroup
	for i := range readers {
		done.Go(func() {
			for {
				to := int(next.Add(share))
				for k := to - share; k < min(to, n); k++ {
					do(&o.readers[i], k)
				}
				if to >= n {
					return
				}
			}
		})
	}
	done.Wait()
}
