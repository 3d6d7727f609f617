//go:build race

package sandbox

// inARow is smaller under the race detector, whose programs take long to start.
const inARow = 20
