package protocol_test

import (
	"testing"

	"github.com/forkproof/forkproof/clients/protocol"
)

// TestSilenceSaysNothing checks that no verb of a client sends a byte, and that
// whatever the server says is right.
func TestSilenceSaysNothing(t *testing.T) {
	talk := protocol.Silence{}.Begin(1, 1)
	_, held := talk.Hold()
	_, next := talk.Next()
	_, long := talk.Long(64 << 20)
	if held+next+long != 0 {
		t.Errorf("it sends %d, %d and %d bytes, want none", held, next, long)
	}
	talk.Receive([]byte("220 ready\r\n"))
	if complete, wrong := talk.Reply(); !complete || wrong != nil || talk.Heard() != 11 {
		t.Errorf("complete %t, wrong %v, heard %d; want a reply of 11 bytes that is right", complete, wrong, talk.Heard())
	}
}
