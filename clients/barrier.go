package clients

import "sync"

// atOnce calls do for each index below n, each in a goroutine of its own, at
// the moment when all of them have started, and returns when all are done.
func atOnce(n int, do func(i int)) {
	var ready, done sync.WaitGroup
	open := make(chan struct{})
	ready.Add(n)
	for i := range n {
		done.Go(func() {
			ready.Done()
			<-open
			do(i)
		})
	}
	ready.Wait()
	close(open)
	done.Wait()
}
