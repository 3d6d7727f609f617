//go:build !race

package symbols

const raceDetector = false
