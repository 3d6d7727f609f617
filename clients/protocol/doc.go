// Package protocol knows protocols: what a client sends, and what it must receive.
// For each connection it has a conversation, which hands out the requests and
// judges the replies; clients.Conversation describes its methods. Nothing else in
// forkproof compares a reply with what is owed.
//
// The package imports no other of forkproof's, so that its judgement can be tested
// without a connection.
package protocol
