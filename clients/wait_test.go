package clients

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/forkproof/forkproof/clients/protocol"
)

func TestWaitSaysWhatWasAwaited(t *testing.T) {
	c := connect(t, serve(t, silent))
	c.Send(protocol.Text("hello\n"))
	await(t, c, "the send", func(h History) bool { return h.Sent == 6 })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := c.Wait(ctx, "the answer", History.Answered)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want the deadline", err)
	}
	for _, want := range []string{c.History().Local.String(), "the answer", "sent 6 of 6 bytes, received 0", "ms"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}
