package grade

import (
	"testing"

	"github.com/forkproof/forkproof/internal/testaccount"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// buildAsFileSays runs what the submission's file build says, if it has one.
const buildAsFileSays = "build: if [ -f build ]; then . ./build; fi\n"

// A build that leaves what cannot be read, or that puts its own folder out of reach,
// costs only itself: the batch ends without an error, and has nothing more to do.
func TestHostileBuilds(t *testing.T) {
	testaccount.Each(t, func(t *testing.T, a testaccount.Account) {
		l := newLesson(t, buildAsFileSays, map[string]string{"good": "pass", "unreadable": "pass", "shut": "pass", "moved": "pass"})
		l.addTo("unreadable", "build", "mkdir d; : >d/in; echo x >f; chmod 000 d f")
		l.addTo("shut", "build", "chmod 000 .")
		// In a view of its own the folder is mounted, and what is above it can be moved.
		l.addTo("moved", "build", `p=$PWD; case "$p" in */forkproof-run-*) up=$p ;; *) up=$(dirname "$(dirname "$p")") ;; esac; cd /
if mv "$up" "$up.away"; then ln -s / "$up"; else exit 9; fi; rm -rf "$up.away"; true`)
		want := map[string]string{"good": "graded judged 4; ", "unreadable": "graded judged 4; "}
		if a.Name == "user" { // root reads every file
			want["shut"] = "graded not-built 0; the build was stopped: it took from its own directory the right to be read"
		}
		if a.Name == "user" && sandbox.Probe().PIDs { // elsewhere it depends on the machine who may move it
			want["moved"] = "graded not-built 0; the build was stopped: it moved its own directory away"
		}
		for range 2 {
			got, err := l.run()
			if err != nil {
				t.Fatal(err)
			}
			l.want(got, want)
			if n := len(l.judged("unreadable")); n != 1 {
				t.Errorf("it was judged %d times", n)
			}
		}
	})
}
