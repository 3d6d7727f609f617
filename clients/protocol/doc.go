// Package protocol knows protocols: what a client sends, and what it must receive.
// A Protocol makes a Conversation for each connection, which hands out the requests
// and judges the replies. Nothing else in forkproof compares a reply with what is
// owed. A protocol is one file.
//
// The package imports no other of forkproof's, so that its judgement can be tested
// without a connection.
package protocol
