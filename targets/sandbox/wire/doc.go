// Package wire is what forkproof and an init say to each other: messages on a
// unix(7) socket that keeps packets apart, and what they are about. It runs in
// both processes.
package wire
