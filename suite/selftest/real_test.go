package selftest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/suite/harness"
	"github.com/forkproof/forkproof/targets/catalog"
)

// A realServer was not written for forkproof, or is a few lines around a library
// that was not.
type realServer struct {
	name string
	// needs are the programs that it consists of, from says how to install them.
	needs []string
	from  string
	// probe is a command that fails where something else is missing; nil if nothing is.
	probe []string
	// build builds {out} from its source; nil if it needs no build.
	build []string
	// command starts it; {dir} is testdata/real.
	command []string
	model   harness.Model
	// design is the model that classify tells.
	design string
	// flags say which protocol it is judged by, if not echo, and what it needs to see.
	flags []string
	// fails and advice are its verdicts; why says why they are right.
	fails, advice []string
	// notRun are what its failures keep from being judged.
	notRun []string
	why    string
	// chance are requirements that it meets in some runs and not in others.
	chance []string
}

// keepsListener is a mistake that respected servers make.
const keepsListener = "descriptors/child-closes-listener"

// Further ones that most of them make, because accept(2) and fork(2) fail seldom.
var (
	spins       = []string{"faults/accept-emfile-idle"}
	endsOnFork  = []string{"faults/fork-eagain", "faults/fork-enomem"}
	endsOnEINTR = []string{"faults/read-eintr", "faults/write-eintr"}
	// endsOnAccept are those of a server that exits on any error of accept but
	// EINTR and ECONNABORTED.
	endsOnAccept = []string{
		"faults/accept-eproto", "faults/accept-enobufs", "faults/accept-enomem", "faults/accept-enfile", "faults/accept-emfile",
	}
)

// usual are those that every run of the tests judges; "make real" judges all.
var usual = []string{"socat", "tcpserver", "Python's ForkingTCPServer", "Go's net", "mini-httpd", "Redis"}

var realServers = []realServer{
	{
		name: "socat", needs: []string{"socat", "cat"}, from: "apt-get install socat", model: harness.Forking, design: "forking",
		command: []string{"socat", "TCP-LISTEN:{port},fork,reuseaddr", "EXEC:cat"},
		advice:  slices.Concat(endsOnAccept, endsOnFork),
		why: "it closes the listening socket in the child and reaps in a handler; cat is a grandchild" +
			"; it ends when accept or fork fails",
	},
	{
		name: "tcpserver", needs: []string{"tcpserver", "cat"}, from: "apt-get install ucspi-tcp", model: harness.Forking, design: "exec",
		command: []string{"tcpserver", "127.0.0.1", "{port}", "cat"},
		advice:  slices.Concat([]string{"concurrency/hundred"}, spins),
		why: "tcpserver(1), -c: 40 clients at once by default, and the next one waits: policy" +
			"; it calls accept again at once when that fails",
	},
	{
		name: "tcpserver, 200 clients", needs: []string{"tcpserver", "cat"}, from: "apt-get install ucspi-tcp", model: harness.Forking, design: "exec",
		command: []string{"tcpserver", "-c", "200", "127.0.0.1", "{port}", "cat"},
		advice:  spins,
		why: "with a higher limit no other advice is left" +
			"; it calls accept again at once when that fails",
	},
	{
		name: "tcpsvd", needs: []string{"tcpsvd", "cat"}, from: "apt-get install ipsvd", model: harness.Forking, design: "exec",
		command: []string{"tcpsvd", "-l", "0", "127.0.0.1", "{port}", "cat"},
		advice:  slices.Concat([]string{"concurrency/hundred"}, spins),
		why: "tcpsvd(8), -c: 30 clients at once by default. Without -l it looks up its name and drops every client where there is no network" +
			"; it calls accept again at once when that fails",
	},
	{
		name: "ncat", needs: []string{"ncat", "cat"}, from: "apt-get install ncat", model: harness.Forking, design: "forking",
		command: []string{"ncat", "-l", "-k", "-e", "/bin/cat", "127.0.0.1", "{port}"},
		fails:   []string{"echo/half-close", keepsListener},
		chance:  []string{"echo/stream", "concurrency/slow-reader"},
		advice:  slices.Concat(spins, []string{"faults/short-write"}),
		why: "netexec() of ncat_posix.c leaves its loop at the client's end of file and drops what cat still owes, and no child closes " +
			"the listening socket; it writes to cat without reading from it, so that both may block when both pipes fill" +
			"; it ignores how much was written",
	},
	{
		name: "busybox nc", needs: []string{"busybox", "cat"}, from: "apt-get install busybox", model: harness.Forking, design: "exec",
		command: []string{"busybox", "nc", "-ll", "-p", "{port}", "-e", "cat"},
		advice:  slices.Concat([]string{"concurrency/burst", "faults/accept-econnaborted"}, endsOnAccept, endsOnFork),
		why: "nc.c of busybox: listen(fd, 1)" +
			"; it ends when accept or fork fails",
	},
	{
		name: "inetd, cat", needs: []string{"inetd", "cat"}, from: "apt-get install openbsd-inetd", model: harness.Forking, design: "exec",
		command: []string{"inetd", "-i", "{dir}/inetd-cat.conf"},
		advice:  spins,
		why: "the port is in a configuration file; inetd(8), -R: at most 256 clients a minute, and no requirement needs more" +
			"; while there is no descriptor it calls accept again at once",
	},
	{
		name: "inetd, built-in echo", needs: []string{"inetd"}, from: "apt-get install openbsd-inetd", model: harness.Forking, design: "forking",
		command: []string{"inetd", "{dir}/inetd-internal.conf"},
		fails:   []string{keepsListener},
		advice:  append([]string{"faults/short-write"}, spins...),
		why: "it daemonises, and listens on IPv4 and IPv6; a child that executes no program keeps both listening sockets, which are only closed on exec" +
			"; its echo checks only whether read and write fail, which EINTR cannot as every handler has SA_RESTART, and accept is called again at once",
	},
	{
		name: "Python's ForkingTCPServer", needs: []string{"python3"}, from: "apt-get install python3", model: harness.Forking, design: "forking",
		command: []string{"python3", "{dir}/forking.py", "{port}"},
		fails:   []string{keepsListener},
		advice:  slices.Concat([]string{"concurrency/hundred"}, spins),
		why: "socketserver.py: process_request() of ForkingMixIn closes nothing in the child; max_children is 40" +
			"; serve_forever() calls accept again at once when that fails",
	},
	{
		name: "Python's ThreadingTCPServer", needs: []string{"python3"}, from: "apt-get install python3", model: harness.Threads, design: "threads",
		command: []string{"python3", "{dir}/threaded.py", "{port}"},
		advice:  spins,
		why: "a thread for each client" +
			"; serve_forever() calls accept again at once when that fails",
	},
	{
		name: "Python's asyncio", needs: []string{"python3"}, from: "apt-get install python3", model: harness.Event, design: "epoll",
		command: []string{"python3", "{dir}/asyncio_echo.py", "{port}"},
		advice:  spins,
		why: "one thread, epoll; where accept fails for want of a descriptor it calls accept a hundred times more, logs each, " +
			"and has each try again a second later: every second takes more processor time than the one before",
	},
	{
		name: "Perl's Net::Server::Fork", needs: []string{"perl"}, from: "apt-get install libnet-server-perl", model: harness.Forking, design: "forking",
		probe:   []string{"perl", "-MNet::Server::Fork", "-e1"},
		command: []string{"perl", "{dir}/net_server_fork.pl", "{port}"},
		fails:   []string{keepsListener},
		advice:  slices.Concat(spins, endsOnFork, endsOnEINTR),
		why: "run_client_connection() drops the listening socket, \"to HUP the parent at any time\", but its IO::Select keeps it" +
			"; it ends when fork fails, and its echo takes an undefined sysread or syswrite for the end",
	},
	{
		name: "Perl's IO::Socket", needs: []string{"perl"}, from: "apt-get install perl", model: harness.Forking, design: "forking",
		command: []string{"perl", "{dir}/io_socket.pl", "{port}"},
		advice:  slices.Concat(spins, endsOnEINTR),
		why: "the forking server of perlipc(1)" +
			"; it takes an undefined sysread or syswrite for the end, and calls accept again at once when that fails",
	},
	{
		name: "Go's net", needs: []string{"go"}, from: "https://go.dev/dl", model: harness.Event, design: "epoll",
		build:   []string{"go", "build", "-o", "{out}", "{dir}/goecho/main.go"},
		command: []string{"{out}", "{port}"},
		advice:  endsOnAccept,
		why: "its runtime wakes by the clock for ever and pools pipes for splice(2): neither is a leak" +
			"; its main() ends when Accept fails, which hides only EINTR and ECONNABORTED",
	},
	{
		name: "Go's net, taken for a forking server", needs: []string{"go"}, from: "https://go.dev/dl", model: harness.Forking, design: "epoll",
		build:   []string{"go", "build", "-o", "{out}", "{dir}/goecho/main.go"},
		command: []string{"{out}", "{port}"},
		fails:   []string{"concurrency/own-process"},
		advice:  endsOnAccept,
		why: "it does not fork, so requirements on children do not apply" +
			"; its main() ends when Accept fails",
	},
	{
		name: "Rust's std", needs: []string{"rustc"}, from: "https://rustup.rs", model: harness.Threads, design: "threads",
		build:   []string{"rustc", "-O", "-o", "{out}", "{dir}/echo.rs"},
		command: []string{"{out}", "{port}"},
		advice:  append([]string{"faults/thread-eagain"}, spins...),
		why: "a thread for each client; thread::spawn panics when there can be none, and its main() ends" +
			"; incoming() returns the error of accept and calls it again at once",
	},
	{
		name: "Java's ServerSocket", needs: []string{"java", "javac"}, from: "apt-get install default-jdk-headless", model: harness.Threads, design: "threads",
		build:   []string{"javac", "-d", "{out}", "{dir}/Echo.java"},
		command: []string{"java", "-cp", "{out}", "Echo", "{port}"},
		chance:  []string{"faults/thread-eagain"},
		advice:  endsOnAccept,
		why: "a thread for each client, and some twenty of the virtual machine, which tries again to make one in some versions" +
			"; its main() ends with the exception of accept()",
	},
	{
		name: "Node's net", needs: []string{"node"}, from: "apt-get install nodejs", model: harness.Event, design: "epoll",
		command: []string{"node", "{dir}/echo.js", "{port}"},
		why:     "one thread that serves, libuv",
	},
}

// TestRealServers judges the real servers that are installed. Each verdict has
// its reason, so that none is a false alarm.
func TestRealServers(t *testing.T) {
	if testing.Short() {
		t.Skip("judges real servers")
	}
	dir, err := filepath.Abs("testdata/real")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range slices.Concat(realServers, protocolServers) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if os.Getenv("FORKPROOF_TEST_REAL") == "" && !slices.Contains(usual, r.name) {
				t.Skip("make real judges it, too")
			}
			r.skipWithout(t)
			words, flags := r.built(t, dir)
			g, err := newGrader(flags...)
			if err != nil {
				t.Fatal(err)
			}
			j, err := g.one(t.Context(), catalog.Server{Name: r.name, Model: string(r.model), Args: words[1:]}, words[0])
			if err != nil {
				t.Fatal(err)
			}
			recordVerdicts("real", j)
			r.hold(t, j)
		})
	}
}

func (r realServer) skipWithout(t *testing.T) {
	for _, program := range r.needs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed: %s", program, r.from)
		}
	}
	if r.probe != nil && exec.CommandContext(t.Context(), r.probe[0], r.probe[1:]...).Run() != nil {
		t.Skipf("%s fails: %s", strings.Join(r.probe, " "), r.from)
	}
}

// built builds the server from its source and returns its command, and the flags of check.
func (r realServer) built(t *testing.T, dir string) (command, flags []string) {
	place := strings.NewReplacer("{dir}", dir, "{out}", filepath.Join(t.TempDir(), "server"))
	fill := func(list []string) []string {
		words := make([]string, len(list))
		for i, word := range list {
			words[i] = place.Replace(word)
		}
		return words
	}
	if words := fill(r.build); len(words) > 0 {
		cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
		}
	}
	return fill(r.command), fill(r.flags)
}

// hold compares the verdicts with the right ones.
func (r realServer) hold(t *testing.T, j judged) {
	settled := func(ids []string) string {
		ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(r.chance, id) })
		return strings.Join(ids, "\n")
	}
	for _, set := range []struct {
		verdict report.Verdict
		want    []string
	}{{report.Fail, r.fails}, {report.Advice, r.advice}, {report.Error, nil}, {report.NotRun, r.notRun}} {
		want := slices.Sorted(slices.Values(set.want))
		if diff := cmp.Diff(strings.Join(want, "\n"), settled(j.having(set.verdict))); diff != "" {
			t.Errorf("%s: right (-) and found (+) differ:\n%s%s\nright because %s", set.verdict, diff, details(j), r.why)
		}
	}
	t.Logf("%s in %.1f s: %s", j.result.Verdict, j.result.DurationMS/1000, r.why)
}

// TestRealServersSources compares the table above with its folder.
func TestRealServersSources(t *testing.T) {
	entries, err := os.ReadDir("testdata/real")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		used := slices.ContainsFunc(slices.Concat(realServers, protocolServers), func(r realServer) bool {
			return strings.Contains(fmt.Sprint(r.build, r.command, r.flags), "{dir}/"+entry.Name())
		})
		if !used {
			t.Errorf("testdata/real/%s: no server of the table uses it", entry.Name())
		}
	}
}
