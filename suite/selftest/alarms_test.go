package selftest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// falseAlarms lists what correct servers do that a careless judge takes for a
// defect, each with the servers and tests that prove that forkproof does not:
//
//	server NAME       a built-in server, judged by TestMatrix
//	real NAME         a real server, judged by TestRealServers
//	script NAME       cmd/forkproof/testdata/script/NAME.txtar
//	test FOLDER NAME  a Go test
var falseAlarms = []struct {
	alarm string
	kept  []string
}{
	{"prints nothing: readiness and port come from the kernel", []string{"server stevens-final", "script ports"}},
	{"has its port in the source", []string{"server fixed-port"}},
	{"takes its port as first argument", []string{"server reference"}},
	{"takes its port from a flag", []string{"server port-flag", "real tcpserver"}},
	{"takes its port from the environment", []string{"script ports"}},
	{"takes its port from a configuration file", []string{"script ports", "real inetd, cat"}},
	{"lets the kernel choose its port", []string{"server port-zero", "script ports"}},
	{"listens on tcp6 only", []string{"server ipv6-only", "server dual-stack"}},
	{"listens on 127.0.0.1 only", []string{"server loopback-only"}},
	{"listens on two ports", []string{"server two-ports", "real inetd, built-in echo"}},
	{"exits 0 after it has daemonised, and lives on", []string{"server daemonising", "real inetd, built-in echo"}},
	{"ends when its standard input ends", []string{"server ends-with-stdin"}},
	{"listens on a random port when bind fails", []string{"server listens-anywhere"}},
	{"forks without end when accept fails", []string{"script bomb", "test targets/sandbox TestForkBombIsEnded"}},
	{"serves 30, 40 or 50 clients at most", []string{"server prefork", "server fifty-clients", "real tcpsvd", "real tcpserver"}},
	{"serves 100 clients at most: the one that ends each spec is one more", []string{"real ncat"}},
	{"takes so many clients a minute", []string{"server rate-limited", "real inetd, cat"}},
	{"refuses clients for a time, and comes back: advice", []string{"test suite/selftest TestLimitIsPolicy"}},
	{"ends when accept is interrupted, which Linux never does to it: advice", []string{"server exits-on-accept-eintr"}},
	{"answers in pieces", []string{"test suite/match TestAnswerInPieces"}},
	{"resets instead of ending when input is unread", []string{"test suite/match TestEndedByResetOrEnd", "script closes"}},
	{"ends a connection 1 to 60 s late", []string{"script late-end"}},
	{"ends a connection only when the next client connects", []string{"script late-end", "server closes-late"}},
	{"gets EINTR from epoll_wait after SIGSTOP and SIGCONT, and goes on", []string{"server epoll", "real Node's net"}},
	{"gets EINTR from epoll_wait after SIGSTOP and SIGCONT, and ends", []string{"server epoll-exits-on-eintr"}},
	{"ends on a spurious SIGCHLD: advice", []string{"server exits-on-eintr", "server wait-once"}},
	{"leaves its children running on SIGTERM", []string{"server reference", "test suite/match TestPortFree"}},
	{"has a runtime that pools pipes", []string{"real Go's net", "test suite/match TestNoGrowth"}},
	{"has a runtime that wakes by the clock for ever", []string{"real Go's net", "real Java's ServerSocket"}},
	{"has zombies for some milliseconds", []string{"server reap-by-select-timeout", "server reap-by-sigalrm"}},
	{"reaps at the next accept: advice", []string{"server reap-before-accept"}},
	{"has workers that hold the listening socket and never end", []string{"server prefork"}},
	{"uses threads", []string{"server threads", "real Rust's std", "real Python's ThreadingTCPServer"}},
	{"uses select", []string{"server select"}},
	{"uses epoll", []string{"server epoll", "real Python's asyncio"}},
	{"ignores SIGCHLD", []string{"server sig-ign"}},
	{"sets SA_NOCLDWAIT", []string{"server sa-nocldwait"}},
	{"forks twice: its workers are orphans", []string{"server double-fork"}},
	{"takes SIGCHLD from a signalfd", []string{"server signalfd"}},
	{"reaps by a timer", []string{"server reap-by-sigalrm", "server reap-by-select-timeout"}},
	{"starts a program that holds the connection too", []string{"real socat", "real ncat", "test suite/match TestNoSiblings"}},
	{"hands data on through a pipe of its own", []string{"real ncat", "test suite/match TestQuiet"}},
	{"floods its standard output", []string{"server chatty", "script floods"}},
	{"prints a banner", []string{"server chatty"}},
	{"takes 5 s to start", []string{"script slow-start", "server slow-start"}},
	{"binds its port, and listens only later", []string{"test suite/denial TestWatch"}},
	{"has a TIME_WAIT left from an earlier run", []string{"server stevens-final"}},
	{"is kept waiting by a busy machine", []string{"test observe/rest TestStallTime"}},
}

// TestFalseAlarms checks that the servers and tests of the table above exist.
func TestFalseAlarms(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range falseAlarms {
		if seen[a.alarm] {
			t.Errorf("%q occurs twice", a.alarm)
		}
		seen[a.alarm] = true
		if len(a.kept) == 0 {
			t.Errorf("%q: no server and no test covers it", a.alarm)
		}
		for _, what := range a.kept {
			if !exists(t, what) {
				t.Errorf("%q: there is no %s", a.alarm, what)
			}
		}
	}
}

func exists(t *testing.T, what string) bool {
	t.Helper()
	kind, name, _ := strings.Cut(what, " ")
	switch kind {
	case "server":
		for _, s := range servers(t) {
			if s.Name == name {
				return true
			}
		}
	case "real":
		return slices.ContainsFunc(realServers, func(r realServer) bool { return r.name == name })
	case "script":
		_, err := os.Stat(filepath.Join("../../cmd/forkproof/testdata/script", name+".txtar"))
		return err == nil
	case "test":
		folder, function, _ := strings.Cut(name, " ")
		return hasTest(t, filepath.Join("../..", folder), function)
	}
	return false
}

func hasTest(t *testing.T, folder, function string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(function) + `\(t \*testing\.T\)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if declared.Match(text) {
			return true
		}
	}
	return false
}
