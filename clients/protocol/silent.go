package protocol

import "io"

// Silence is the protocol of servers of which nothing is known: a client connects,
// sends nothing and leaves.
type Silence struct{}

// Manner implements Protocol.
func (Silence) Manner() Manner { return Manner{} }

// Begin implements Protocol.
func (Silence) Begin(uint64, int) Conversation { return &silent{} }

// silent is a conversation in which the client says nothing. Whatever the server says
// is taken for right, and is not kept.
type silent struct{ received int64 }

func (s *silent) Hold() (request io.ReaderAt, size int64)       { return Payload{}, 0 }
func (s *silent) Next() (request io.ReaderAt, size int64)       { return Payload{}, 0 }
func (s *silent) Long(int64) (request io.ReaderAt, bytes int64) { return Payload{}, 0 }
func (s *silent) Queue(io.ReaderAt, int64)                      {}
func (s *silent) Sent(int64)                                    {}
func (s *silent) Receive(b []byte)                              { s.received += int64(len(b)) }
func (s *silent) Heard() int64                                  { return s.received }
func (s *silent) Part() []byte                                  { return nil }
func (s *silent) Reply() (complete bool, wrong error)           { return true, nil }
