// Package symbols starts the process that turns samples of stacks into places of a
// program's source, and is that process.
package symbols
