//go:build race

package symbols

// raceDetector: with it the process that reads the symbols needs several times the memory,
// which its limit does not give.
const raceDetector = true
