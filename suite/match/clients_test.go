package match_test

import (
	"io"
	"net/netip"
	"testing"

	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/clients/protocol"
	"github.com/forkproof/forkproof/observe"
	"github.com/forkproof/forkproof/suite/match"
)

// greeting is what clients say.
const greeting = "hello"

// says has a client speak, and the server hear it.
func (g *fixture) says(c *match.Client) {
	g.t.Helper()
	c.Spoke()
	c.Send(protocol.Text(greeting))
	g.sees(c, "its own words", func(h clients.History) bool { return h.Sent == h.Queued })
	if _, err := io.ReadFull(g.conn(c), make([]byte, len(greeting))); err != nil {
		g.t.Fatal(err)
	}
}

// echoed is one client that was answered rightly.
func (g *fixture) echoed() *match.Client {
	c := g.client()
	g.serves(101+len(g.conns), c)
	g.says(c)
	g.answers(c, greeting)
	return c
}

func TestServed(t *testing.T) {
	waits := func(make func(c *match.Client) match.Matcher) func(g *fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			g.forks(parentPID, 101)
			g.sleepsIn(parentPID, "wait4", ^uint64(0))
			c := g.client()
			g.serverSide(c).Inode = 0
			g.says(c)
			return make(c)
		}
	}
	const inQueue = "its connection waits in the accept queue: no process has taken it; " +
		"parent 100 is blocked in wait4(-1): it waits for a child to end, and accepts no client until one does"
	check(t, []pair{{
		name:  "in the queue",
		holds: func(g *fixture) match.Matcher { return match.Served(g.echoed()) },
		fails: waits(func(c *match.Client) match.Matcher { return match.Served(c) }),
		found: "client 1 is not answered", diagnosis: inQueue, processes: []int{100},
	}, {
		name:  "with its number",
		holds: func(g *fixture) match.Matcher { return match.ServedOf(g.echoed(), 1, 20) },
		fails: waits(func(c *match.Client) match.Matcher { return match.ServedOf(c, 11, 20) }),
		found: "client 1 (number 11 of 20) is not answered", diagnosis: inQueue, processes: []int{100},
	}, {
		name:  "turned away",
		holds: func(g *fixture) match.Matcher { return match.Served(g.echoed()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).State, g.serverSide(c).Inode = observe.LastAck, 0
			g.says(c)
			g.ends(c, true)
			return match.Served(c)
		},
		found:     "client 1 is not answered; its connection: reset by the server",
		diagnosis: "process 100 is blocked in accept(3)",
		processes: []int{100},
	}, {
		name:  "blocked in its child",
		holds: func(g *fixture) match.Matcher { return match.Served(g.echoed()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serves(101, c)
			g.sleepsIn(101, "flock", 5)
			g.says(c)
			return match.Served(c)
		},
		found:     "client 1 is not answered",
		diagnosis: "its connection is held by child 101 (FD 4); child 101 is blocked in flock(5)",
		processes: []int{100, 101},
	}})
}

func TestAnswered(t *testing.T) {
	check(t, []pair{{
		name:  "wrong",
		holds: func(g *fixture) match.Matcher { return match.Answered(g.echoed()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serves(101, c)
			g.says(c)
			g.answers(c, "help!")
			return match.Answered(c)
		},
		found: "client 1 at CLIENT1 sent 5 bytes and received 5; its connection: open; " +
			"at offset 3: expected \"lo\", got \"p!\"",
		diagnosis: "its connection is held by child 101 (FD 4); child 101 is blocked in read(4)",
		processes: []int{100, 101},
	}, {
		name: "ended",
		holds: func(g *fixture) match.Matcher {
			c := g.echoed()
			g.ends(c, false)
			return match.AnsweredAndEnded(c)
		},
		fails: func(g *fixture) match.Matcher {
			c := g.echoed()
			g.serverSide(c).State = observe.CloseWait
			g.holds(parentPID, 4, c)
			return match.AnsweredAndEnded(c)
		},
		found: "client 1 at CLIENT1 sent 5 bytes and received 5; its connection: open",
		diagnosis: "its connection is held by parent 100 (FD 4), child 102 (FD 4): the client's FIN has arrived, " +
			"and the client sees the end when the last of these is closed; " + blockedInAccept + "; child 102 is blocked in read(4)",
		processes: []int{100, 102},
	}})
}

func TestConnected(t *testing.T) {
	refused := func(make func(c *match.Client) match.Matcher) func(g *fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			if err := g.listener.Close(); err != nil {
				g.t.Fatal(err)
			}
			c := &match.Client{Client: clients.Connect(g.t.Context(), g), Name: "client 1"}
			g.t.Cleanup(c.Reset)
			g.sees(c, "its end", clients.History.Ended)
			return make(c)
		}
	}
	check(t, []pair{{
		name:  "at all",
		holds: func(g *fixture) match.Matcher { return match.Connected(g.client()) },
		fails: refused(func(c *match.Client) match.Matcher { return match.Connected(c) }),
		found: "client 1 is not connected (connection refused)", diagnosis: "process 100 is blocked in accept(3)",
		processes: []int{100},
	}, {
		name: "at the door",
		holds: func(g *fixture) match.Matcher {
			late := g.dialing()
			g.snapshot.Picture.Sockets[0].RecvQueue = 1 // more than its backlog of 0
			g.snapshot.Picture.Sockets = append(g.snapshot.Picture.Sockets, observe.Socket{
				Local: netip.MustParseAddrPort("127.0.0.1:4711"), Peer: g.snapshot.Address, State: observe.SynSent,
			})
			return match.ConnectedOrQueued(g.client(), late)
		},
		fails: func(g *fixture) match.Matcher { return match.ConnectedOrQueued(g.dialing()) },
		found: "client 1 is not connected", diagnosis: "process 100 is blocked in accept(3)",
		processes: []int{100},
	}, {
		name:  "at the door, the last ACK on its way",
		holds: func(g *fixture) match.Matcher { return match.ConnectedOrQueued(g.client()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).State = observe.NewSynRecv
			return match.ConnectedOrQueued(c)
		},
		found: "client 1's connection is still being made on the server's side: " +
			"SERVER-invalid AddrPort LISTEN, SERVER-CLIENT1 NEW_SYN_RECV, CLIENT1-SERVER ESTABLISHED",
	}, {
		name:      "at once",
		holds:     func(g *fixture) match.Matcher { return match.ConnectedAtOnce(g.client()) },
		fails:     refused(func(c *match.Client) match.Matcher { return match.ConnectedAtOnce(c) }),
		found:     "client 1 is not connected: the backlog is full and its SYN was dropped (connection refused)",
		diagnosis: "process 100 is blocked in accept(3)", processes: []int{100},
	}, {
		name:  "still",
		holds: func(g *fixture) match.Matcher { return match.StillOpen(g.client()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).Inode = 0
			g.serverSide(c).Peer = g.snapshot.Address // it is gone
			g.ends(c, false)
			return match.StillOpen(c)
		},
		found:     "client 1 at CLIENT1 sent 0 bytes and received 0; its connection: end of file",
		diagnosis: "process 100 is blocked in accept(3)", processes: []int{100},
	}})
}

// TestEndedByResetOrEnd: a server that closes with input unread resets its
// client, which is an end all the same. Only where everything was read is an
// end of file asked for.
func TestEndedByResetOrEnd(t *testing.T) {
	open := func(make func(...*match.Client) match.Matcher) func(g *fixture) match.Matcher {
		return func(g *fixture) match.Matcher { return make(g.echoed()) }
	}
	ended := func(reset bool, make func(...*match.Client) match.Matcher) func(g *fixture) match.Matcher {
		return func(g *fixture) match.Matcher {
			c := g.echoed()
			g.ends(c, reset)
			return make(c)
		}
	}
	const (
		isOpen = "client 1 at CLIENT1 sent 5 bytes and received 5; its connection: open"
		held   = "its connection is held by child 102 (FD 4); child 102 is blocked in read(4)"
	)
	check(t, []pair{
		{"end", ended(false, match.Ended), open(match.Ended), isOpen, held, []int{100, 102}, nil},
		{"reset", ended(true, match.Ended), open(match.Ended), isOpen, held, []int{100, 102}, nil},
		{
			"reset is no end of file", ended(false, match.SeeEnd), ended(true, match.SeeEnd),
			"client 1 at CLIENT1 sent 5 bytes and received 5; its connection: reset by the server", held, []int{100, 102}, nil,
		},
	})
}

func TestAccepted(t *testing.T) {
	check(t, []pair{{
		name:  "accepted",
		holds: func(g *fixture) match.Matcher { c := g.client(); g.serves(101, c); return match.Accepted(c) },
		fails: func(g *fixture) match.Matcher { c := g.client(); g.serverSide(c).Inode = 0; return match.Accepted(c) },
		found: "no process has accepted it",
	}, {
		name:  "dequeued",
		holds: func(g *fixture) match.Matcher { return match.Dequeued(g.client()) },
		fails: func(g *fixture) match.Matcher { c := g.client(); g.serverSide(c).Inode = 0; return match.Dequeued(c) },
		found: "no process has accepted it; sockets: SERVER-invalid AddrPort LISTEN, SERVER-CLIENT1 ESTABLISHED, CLIENT1-SERVER ESTABLISHED",
	}, {
		name: "disconnected",
		holds: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).State = observe.Close
			return match.Disconnected(c)
		},
		fails: func(g *fixture) match.Matcher { return match.Disconnected(g.client()) },
		found: "sockets: SERVER-invalid AddrPort LISTEN, SERVER-CLIENT1 ESTABLISHED, CLIENT1-SERVER ESTABLISHED",
	}, {
		name: "fin sent",
		holds: func(g *fixture) match.Matcher {
			c := g.client()
			g.serverSide(c).State = observe.CloseWait
			return match.FinSent(c)
		},
		fails: func(g *fixture) match.Matcher { return match.FinSent(g.client()) },
		found: "sockets: SERVER-invalid AddrPort LISTEN, SERVER-CLIENT1 ESTABLISHED, CLIENT1-SERVER ESTABLISHED",
	}})
	// A child that accepts is told with its descriptor.
	g := newFixture(t)
	c := g.client()
	g.serves(101, c)
	f := match.Accepted(c).Explain(g.snapshot)
	if f.Found != "child 101 accepted it (FD 4)" || len(f.Wrong) != 1 {
		t.Errorf("Accepted explains %q, %v", f.Found, f.Wrong)
	}
}

func TestTakenAndStalled(t *testing.T) {
	// floods has a client that does not read send until nothing goes out.
	floods := func(g *fixture) *match.Client {
		c := g.client(clients.NeverRead())
		c.NotReading = true
		g.serves(101, c)
		c.Send(protocol.Printable(1, 64<<20))
		g.sees(c, "a full buffer", func(h clients.History) bool { return h.SendBlocked })
		return c
	}
	const held = "its connection is held by child 101 (FD 4); child 101 is blocked in read(4)"
	g := newFixture(t)
	c := floods(g)
	if m := match.SentOrStalled(c); m.Holds(g.snapshot) {
		t.Error("a client whose bytes are not in the server's queue is taken for stalled")
	}
	g.serverSide(c).RecvQueue, g.clientSide(c).SendQueue = 1<<20, 1<<20
	if m := match.SentOrStalled(c); !m.Holds(g.snapshot) {
		t.Errorf("not stalled: %v", m.Explain(g.snapshot).Found)
	}
	check(t, []pair{{
		name:  "taken",
		holds: func(g *fixture) match.Matcher { return match.Taken(g.echoed()) },
		fails: func(g *fixture) match.Matcher {
			c := g.client()
			g.serves(101, c)
			g.says(c)
			g.serverSide(c).RecvQueue = 5
			return match.Taken(c)
		},
		found:     "it does not: client 1 at CLIENT1 sent 5 bytes and received 0; its connection: open",
		diagnosis: held,
	}})
}

// TestQuiet: while a client's own side is at work, or the server waits for its
// output to be drained, what the server shows proves nothing.
func TestQuiet(t *testing.T) {
	writes := func(inode uint64) func(*fixture) {
		return func(g *fixture) {
			g.serves(101, g.client())
			p := g.process(101)
			p.Descriptors = append(p.Descriptors, observe.Descriptor{FD: 6, Kind: observe.Pipe, Inode: inode})
			g.sleepsIn(101, "write", 6)
		}
	}
	for _, test := range []struct {
		name string
		set  func(*fixture)
		want bool
	}{
		{"no client", func(*fixture) {}, true},
		{"answered", func(g *fixture) { g.echoed() }, true},
		{"an answer is still to be read", func(g *fixture) { g.clientSide(g.echoed()).RecvQueue = 5 }, false},
		{"an end is still to be read", func(g *fixture) { g.clientSide(g.echoed()).State = observe.CloseWait }, false},
		{"an end came, and in TIME_WAIT no queue is shown", func(g *fixture) { g.clientSide(g.echoed()).State = observe.TimeWait }, false},
		{"a reset is still to be seen", func(g *fixture) { g.echoed(); g.snapshot.Picture.Sockets = nil }, false},
		{"a reset is still to be seen by one that does not read, but sends", func(g *fixture) { g.stuck(); g.snapshot.Picture.Sockets = nil }, false},
		{"a reset is never seen by one that neither reads nor sends", func(g *fixture) {
			g.client(clients.NeverRead()).NotReading = true
			g.snapshot.Picture.Sockets = nil
		}, true},
		{"no process reads it", func(g *fixture) { c := g.echoed(); c.NotReading = true; g.clientSide(c).RecvQueue = 5 }, true},
		{"its close has not reached the network", func(g *fixture) { g.echoed().Close() }, false},
		{"it has closed", func(g *fixture) { c := g.echoed(); c.Close(); g.clientSide(c).State = observe.FinWait2 }, true},
		{"output is being drained", writes(outputPipe), false},
		{"a pipe between two processes of the server is full", writes(outputPipe + 1), true},
	} {
		g := newFixture(t)
		test.set(g)
		if got := match.Quiet(g.snapshot); got != test.want {
			t.Errorf("%s: quiet %t, want %t", test.name, got, test.want)
		}
	}
}

// A client whose answer comes in pieces is served when the last one has come, or when it
// is known that no more is to come.
func TestAnswerInPieces(t *testing.T) {
	g := newFixture(t)
	c := g.client()
	g.serves(101, c)
	g.says(c)
	m := match.All(match.Served(c), match.ServedOrDropped(c))
	for _, piece := range []struct {
		text          string
		holds, atRest bool
	}{
		{"", false, false},
		{greeting[:2], false, true},
		{greeting[2:], true, true},
	} {
		g.answers(c, piece.text)
		if holds, atRest := m.Holds(g.snapshot), m.HoldsAtRest(g.snapshot); holds != piece.holds || atRest != piece.atRest {
			t.Errorf("after %q: holds %t, at rest %t, want %t, %t", piece.text, holds, atRest, piece.holds, piece.atRest)
		}
	}
}

// A reply that only the end of the connection ends is whole then, or when it is known that
// no more is to come. That the connection ends is no part of one that tells its length.
func TestAnswerUntilTheEnd(t *testing.T) {
	web := protocol.HTTP{Path: "/"}
	for _, test := range []struct {
		reply                string
		open, atRest, atLast bool
	}{
		{"HTTP/1.0 200 OK\r\n\r\nhello", false, true, true},
		{"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", true, true, true},
		{"HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nhello", false, false, false},
	} {
		g := newFixture(t)
		c := g.client(clients.Speak(web.Begin(1, 1)))
		c.Exchanges, c.Framed = 1, true
		g.serves(101, c)
		c.Spoke()
		c.Say()
		g.sees(c, "its own request", func(h clients.History) bool { return h.Sent == h.Queued })
		g.answers(c, test.reply)
		m := match.Answered(c)
		if holds, atRest := m.Holds(g.snapshot), m.HoldsAtRest(g.snapshot); holds != test.open || atRest != test.atRest {
			t.Errorf("%q: holds %t, at rest %t, want %t, %t", test.reply, holds, atRest, test.open, test.atRest)
		}
		g.ends(c, false)
		if holds := m.Holds(g.snapshot); holds != test.atLast {
			t.Errorf("%q and the end: holds %t", test.reply, holds)
		}
	}
}
