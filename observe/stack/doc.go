// Package stack copies what tells where a process is blocked: its registers, a piece
// of its stack and which files its code is of. It copies raw bytes, bounded, and reads
// nothing of what a server wrote into its program: package unwind does, in a process
// of its own that package symbols starts.
package stack
