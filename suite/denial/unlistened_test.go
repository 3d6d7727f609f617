package denial

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/targets"
)

// A server that accepts in a loop and never called listen is known long before the start
// limit; one that only takes its time listens.
func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "unlistened")
	if out, err := exec.Command("cc", "-Wall", "-Wextra", "-Werror", "-o", path, "testdata/unlistened.c").CombinedOutput(); err != nil {
		t.Skipf("cc: %v\n%s", err, out)
	}
	for how, hopeless := range map[string]bool{"naps": true, "spins": true, "forks": true, "late": false} {
		t.Run(how, func(t *testing.T) {
			host, err := targets.NewHost(t.Context(), targets.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = host.Close() }()
			host.Call = Watch
			command := targets.Command{Args: []string{path, how, targets.PortWord}}
			begin := time.Now()
			_, err = host.Start(t.Context(), command)
			var silent *targets.NotListening
			switch {
			case !hopeless && err != nil:
				t.Fatal(err)
			case hopeless && (!errors.As(err, &silent) || !strings.Contains(err.Error(), "again and again, which fails with EINVAL")):
				t.Fatalf("after %v: %v", time.Since(begin), err)
			case !hopeless:
				return
			}
			if err := host.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if denied, err := Find(t.Context(), host, command); denied != nil || err != nil {
				t.Errorf("denied: %v, %v", denied, err)
			}
			t.Logf("both starts took %v", time.Since(begin))
		})
	}
}

func TestUnlistened(t *testing.T) {
	failed := trace.Call{Name: "accept4", Errno: unix.EINVAL}
	for _, c := range []struct {
		name  string
		calls []trace.Call
		want  bool
	}{
		{"three in a row", []trace.Call{failed, failed, failed}, true},
		{"two", []trace.Call{failed, failed}, false},
		{"a listen between them", []trace.Call{failed, failed, {Name: "listen"}, failed, failed}, false},
		{"another error", []trace.Call{{Name: "accept", Errno: unix.EMFILE}, {Name: "accept", Errno: unix.EAGAIN}, failed, failed}, false},
	} {
		var u unlistened
		past := false
		for _, call := range c.calls {
			past = u.take(call)
		}
		if past != c.want {
			t.Errorf("%s: %t", c.name, past)
		}
	}
}
