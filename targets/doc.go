// Package targets starts any server, finds out where it listens, and ends its
// whole tree.
package targets
