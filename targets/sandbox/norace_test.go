//go:build !race

package sandbox

// inARow is how many hosts are opened and closed one after another.
const inARow = 200
