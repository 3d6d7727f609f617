// Package catalog is the list of the servers that forkproof ships: a correct one
// (the reference), faulty ones that differ from it in one step, and correct ones of
// other designs. The header comment of its C source describes a server, so that
// code and expected verdict cannot drift apart. The package also builds the servers
// with the machine's C compiler.
package catalog
