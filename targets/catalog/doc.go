// Package catalog is the list of the servers that forkproof ships: a correct
// one (the reference), faulty ones that differ from it in one step, and correct
// ones of other designs. What is known of a server stands in the header comment
// of its C source, so that code and expected verdict cannot drift apart. The
// package also builds them, with the C compiler of the machine.
package catalog
