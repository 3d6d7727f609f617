// Package harness is what specs are built from, and the run that judges a server by
// them.
//
// A Run goes through the catalogue. For each requirement it makes a Case, which
// starts a fresh Server; the verbs of Server, Processes and Armed connect clients,
// disturb the server and hold it to what is expected. A view sees the server and its
// clients at one moment, as a match.Snapshot. A waiter waits for a snapshot that
// matches, and a watch decides when waiting is over: when the kernel shows that
// nothing can change any more, or that only time could change it.
package harness
