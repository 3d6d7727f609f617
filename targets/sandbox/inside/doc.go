// Package inside is the init of servers under test. A binary that links it is an
// init when its argv[0] says so, and never reaches main then; the package depends
// on little so that this comes early.
//
// All of it runs in the process of init, but for what fork.go does between fork
// and exec: that runs in the child that becomes the server. The main thread
// answers requests; what namespaces are needed for is done by the thread of the
// host; one goroutine reaps, and one for each host watches the size of its tree.
package inside
