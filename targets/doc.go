// Package targets starts any server, finds out where it listens, and ends its
// whole tree. It also runs a command to its end, such as the build of a server.
package targets
