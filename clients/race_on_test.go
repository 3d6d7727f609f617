//go:build race

package clients

// raceDetector: with it, sync.Pool drops at random what is put into it, and
// every goroutine needs more memory.
const raceDetector = true
