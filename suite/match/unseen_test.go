package match_test

import (
	"errors"
	"testing"

	"github.com/forkproof/forkproof/observe"
)

// TestUnseen: a socket counts as kept out of sight when it is the server's, a file
// refers to it, and no descriptor of a process that could be read does.
func TestUnseen(t *testing.T) {
	for name, test := range map[string]struct {
		change func(g *fixture, server *observe.Socket)
		own    bool // the server has a network of its own
		want   int
	}{
		"no process holds it":               {func(*fixture, *observe.Socket) {}, true, 1},
		"on the machine's network, too":     {func(*fixture, *observe.Socket) {}, false, 1},
		"not accepted, or closed":           {func(_ *fixture, k *observe.Socket) { k.Inode = 0 }, true, 0},
		"of another program":                {func(_ *fixture, k *observe.Socket) { k.Local = k.Peer }, false, 0},
		"of another port of the server":     {func(_ *fixture, k *observe.Socket) { k.Local = k.Peer }, true, 1},
		"a process cannot be read":          {func(g *fixture, _ *observe.Socket) { g.process(parentPID).Unreadable = errors.New("EACCES") }, true, 0},
		"a process ended during the look":   {func(g *fixture, _ *observe.Socket) { g.snapshot.Picture.Vanished = true }, true, 0},
		"a call closes it":                  {func(g *fixture, k *observe.Socket) { k.State = observe.FinWait1; g.sleepsIn(parentPID, "close", 4) }, true, 0},
		"shut down, and no call closes it":  {func(_ *fixture, k *observe.Socket) { k.State = observe.FinWait1 }, true, 1},
		"established while a call closes":   {func(g *fixture, _ *observe.Socket) { g.sleepsIn(parentPID, "close", 4) }, true, 1},
		"not all processes were looked at":  {func(g *fixture, _ *observe.Socket) { g.snapshot.Picture.Truncated = true }, true, 0},
		"its inode is that of a descriptor": {func(_ *fixture, k *observe.Socket) { k.Inode = 1 }, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := newFixture(t)
			g.idle()
			c := g.client()
			server := g.serverSide(c)
			server.Inode, server.State = 77, observe.Established
			test.change(g, server)
			if got := g.snapshot.Unseen(test.own); len(got) != test.want {
				t.Errorf("%v, want %d", got, test.want)
			}
		})
	}
}
