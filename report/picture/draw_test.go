package picture

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/forkproof/forkproof/report"
)

func kept() *report.Evidence {
	child := []report.Descriptor{table(5)[4]}
	child[0].Wrong = false
	return &report.Evidence{
		OtherProcesses: 3,
		Processes: []report.Process{
			{PID: 812, Parent: 800, Role: "listens", State: "sleeping", Blocked: "accept4(3)", SIGCHLD: "caught", Descriptors: table(6)[3:]},
			{PID: 813, Parent: 812, Role: "serves client 1", State: "sleeping", Blocked: "read(4)", Descriptors: child,
				Frames: []report.Place{{Function: "serve", File: "server.c", Line: 37}}},
			{PID: 814, Parent: 812, State: zombie}, {PID: 815, Parent: 812, State: zombie},
			{PID: 816, Parent: 812, State: "sleeping", Role: "serves client 9"},
		},
		Clients: []report.Client{{Name: "client 1", Address: "client 1 at 127.0.0.1:50004", Sent: 5, Received: 5, End: "open"}},
	}
}

func TestDraw(t *testing.T) {
	want := `
┌──────────────────────────────────────────────────────┐
│ PROCESS 812                                          │
│ PPID 800                                             │
│ sleeping in accept4(3)                               │
│ listens                                              │
│ SIGCHLD caught                                       │
├──────────────────────────────────────────────────────┤
│   FD 3  listening socket 0.0.0.0:40001               ├──A
│ ✗ FD 4  connection from 127.0.0.1:50004              ├─────B
│   FD 5  connection from 127.0.0.1:50005              ├─────┼──C
└──────────────────────────────────────────────────────┘     │
┌──────────────────────────────────────────────────────┐     │
│ PROCESS 813                                          │     │
│ PPID 812                                             │     │
│ sleeping in read(4)                                  │     │
│ in serve (server.c:37)                               │     │
│ serves client 1                                      │     │
├──────────────────────────────────────────────────────┤     │
│   FD 4  connection from 127.0.0.1:50004              ├─────B
└──────────────────────────────────────────────────────┘
┌──────────────────────────────────────────────────────┐
│ children of 812: ended, and never waited for         │
│   ✝ ZOMBIE 814                                       │
│   ✝ ZOMBIE 815                                       │
└──────────────────────────────────────────────────────┘
┌──────────────────────────────────────────────────────┐
│ children of 812: their descriptors are not shown     │
│   PROCESS 816, sleeping, serves client 9             │
└──────────────────────────────────────────────────────┘
A  LISTENING SOCKET 0.0.0.0:40001
B  ✗ CONNECTION ESTABLISHED from 127.0.0.1:50004 ── CLIENT 1, sent 5 B, rec…
C  CONNECTION ESTABLISHED from 127.0.0.1:50005 ── CLIENT 2
and 3 more processes`
	if diff := cmp.Diff(want, "\n"+strings.Join(Draw(From(kept()), 76, false), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, line := range Draw(From(kept()), 76, true) {
		for _, r := range line {
			if r >= 0x80 {
				t.Errorf("%q is not ASCII", line)
			}
		}
	}
}

// No line is wider than the terminal, and every socket of every row is named.
func TestDrawFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scene, width := From(anyEvidence(t)), rapid.IntRange(76, 200).Draw(t, "width")
		lines := Draw(scene, width, false)
		for _, line := range lines {
			if n := runes(line); n > width {
				t.Fatalf("%q has %d characters, want at most %d", line, n, width)
			}
		}
		for at := range scene.Sockets {
			name := letter(at) + "  "
			if !strings.Contains("\n"+strings.Join(lines, "\n"), "\n"+name) {
				t.Fatalf("no line begins with %q", name)
			}
		}
	})
}
