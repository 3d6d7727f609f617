package observe

import (
	"net/netip"
	"testing"
)

func ap(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestConnectionPrefersLife(t *testing.T) {
	server, client := ap("127.0.0.1:80"), ap("127.0.0.1:5000")
	old := Socket{Local: server, Peer: client, State: TimeWait}
	fresh := Socket{Local: server, Peer: client, State: Established, Inode: 8}
	own := Socket{Local: client, Peer: server, State: Established, Inode: 9}
	p := Picture{Sockets: []Socket{own, old, fresh}}
	if s, found := p.Connection(client, server); !found || s != fresh {
		t.Errorf("%v, %v", s, found)
	}
	p.Sockets = p.Sockets[:2]
	if s, found := p.Connection(client, server); !found || s != old {
		t.Errorf("%v, %v", s, found)
	}
	if s, found := p.Connection(ap("127.0.0.1:5001"), server); found {
		t.Errorf("%v for a client that is not there", s)
	}
	if s, found := p.Connection(client, ap("127.0.0.1:5001")); found {
		t.Errorf("%v, which is of another server", s)
	}
	if h := p.Holders(0); h != nil {
		t.Errorf("inode 0 is held by %v", h)
	}
}
