package protocol

import "io"

// A Protocol knows what clients say and what they must hear. No other package of
// forkproof knows it: the verbs of the specs speak through a Conversation.
type Protocol interface {
	// Manner returns what the protocol allows a client to do.
	Manner() Manner
	// Begin returns the conversation of a client, the first of which is number 1.
	// The seed and the number determine what the client says.
	Begin(seed uint64, client int) Conversation
}

// A Manner is what a protocol allows a client to do.
type Manner struct {
	// Answers says that each request has a reply. Without it nothing is sent, and
	// that a client is served shows only in which process holds its connection.
	Answers bool
	// Streams says that a client may send requests without reading the replies.
	Streams bool
	// Exchanges is after how many of them the server ends the connection; 0 when the
	// client does.
	Exchanges int
	// Bounded says that a byte which is not owed is wrong as soon as it arrives, so that
	// a reply which is longer than its request is none without end.
	Bounded bool
	// Framed says that a reply tells where it ends: that the server then ends the
	// connection, too, is no part of the reply.
	Framed bool
	// Owes says in a clause what the server owes to what is sent; empty when it owes
	// every byte back.
	Owes string
}

// A Conversation is one client's part of a protocol: it hands out the requests and
// judges the replies. It takes a greeting of the server, where the protocol has
// one, before the first reply. It is called from one goroutine at a time, and keeps
// no more of a reply than it needs.
//
// Its methods name only types of the standard library.
type Conversation interface {
	// Hold returns what a client sends for its connection to stay in service while
	// the server waits for more. The next request completes it. Only where the server
	// ends the connection, or owes no answer, is it asked for.
	Hold() (request io.ReaderAt, size int64)
	// Next returns the next request and its size in bytes; none after the last exchange.
	Next() (request io.ReaderAt, size int64)
	// Long returns a request of the given size in bytes, or the longest that the
	// protocol has.
	Long(size int64) (request io.ReaderAt, bytes int64)
	// Queue notes that a request will be sent after those queued before.
	Queue(request io.ReaderAt, size int64)
	// Sent notes that the next n bytes of the queued requests were sent. Bytes are
	// counted as sent before any that answer them are received.
	Sent(n int64)
	// Receive judges the next bytes that arrived, in any portions. It does not keep b.
	Receive(b []byte)
	// Heard returns how much of the replies has arrived, in a unit of the protocol's
	// own. A client is answered when it grows; a greeting does not count.
	Heard() int64
	// Part returns the beginning, up to 64 bytes, of a reply that has not arrived as a
	// whole; nil where the bytes are counted alone.
	Part() []byte
	// Reply returns whether the replies to all that was queued are complete, with
	// nothing behind them, and an error that says at which byte they are wrong, and
	// why. A reply that is neither is incomplete.
	Reply() (complete bool, wrong error)
}

// An Ender is a conversation that tells whether the end of the connection is all that
// tells where the reply ends. The reply is complete, but more of it may come.
type Ender interface {
	// UntilEnd reports whether that is so of the last reply.
	UntilEnd() bool
}

// A Finite conversation ends after some exchanges.
type Finite interface {
	Conversation
	// Exchanges returns after how many of them the client has nothing more to say, 0 when
	// it always has, and whether the server ends the connection then.
	Exchanges() (n int, serverEnds bool)
}

// A Telling conversation says in words what a client waits for.
type Telling interface {
	Conversation
	// Due names the reply that is due, as in "the reply to X"; "" when none is.
	Due() string
}

// A Patient conversation has requests that wait until something has arrived.
type Patient interface {
	Conversation
	// Awaits reports whether the next request has to wait.
	Awaits() bool
}
