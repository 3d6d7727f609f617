package diagnose

import (
	"fmt"
	"strings"

	"github.com/forkproof/forkproof/report"
)

var (
	echoing = []string{
		"echo/exact", "echo/binary", "echo/dribble", "echo/coalesced", "echo/boundaries", "echo/stream", "echo/half-close",
		"concurrency/many", "concurrency/hundred",
	}
	serving = append(echoing[:len(echoing):len(echoing)], "launch/serves-again", "concurrency/second-client",
		"concurrency/reverse-order", "concurrency/slow-reader", "concurrency/own-process")
)

// named returns the causes that the evidence shows by itself, and that no built-in
// server has.
func named() []entry {
	return append(append(replies(), spokens()...), []entry{
		{
			id: "port-bytes-swapped", named: true, breaks: []string{"launch/listens"}, signs: []string{"other-port", "port-swapped"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server listens on port %d, which is %d with its two bytes swapped.", elsewhere(q), q.Evidence.Port)
			},
			hints: map[Language]string{
				C:      "servaddr.sin_port = htons(port): the network has its bytes in another order than this machine",
				Python: "pass the port to bind() as it is: Python does what htons() does",
			},
			rule: "the port in a socket address is in network byte order", source: "ip(7), Address format; htons(3)",
		},
		{
			id: "port-of-its-own", named: true, breaks: []string{"launch/listens"}, signs: []string{"other-port"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server listens on port %d, not on %d, which it was given.", elsewhere(q), q.Evidence.Port)
			},
			hints: map[Language]string{
				C:      "read the port from argv; or leave {port} out of the command, and forkproof finds the port by itself",
				Python: "read the port from sys.argv; or leave {port} out of the command, and forkproof finds the port by itself",
			},
		},
		{
			id: "never-listens", breaks: []string{"launch/listens"}, signs: []string{"lives", "no-listener"},
			title: "The server never calls listen: every client is refused.",
			hints: map[Language]string{C: "listen(listenfd, SOMAXCONN) after bind, and check what both return", Python: "sock.listen() after bind()"},
		},
		{
			id: "wants-an-argument", named: true, breaks: []string{"launch/listens"}, signs: []string{"ended", "no-port-given"},
			title: "The server ends when it is started without an argument.",
			hints: map[Language]string{C: "if it takes its port as an argument, put {port} after its name"},
		},
		{
			id: "uses-up-its-memory", named: true, everywhere: true, signs: []string{"out-of-memory"},
			title: "The server and its children together use more memory than they may.",
			hints: map[Language]string{C: "if each child needs that much on purpose, --memory gives the server more; else look for what grows with each client"},
			rule:  "the kernel ends a program when its control group has used up its memory", source: "cgroups(7); forkproof check --help, --memory",
		},
		{
			id: "killed-by-a-signal", named: true, everywhere: true, signs: []string{"killed"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server is killed by %s%s.", killed(q), when(q))
			},
			hints: map[Language]string{
				C: "compile with -g -fsanitize=address and run it by hand: it names the line; look at what it does at this client that it did not at the first",
			},
			rule: "SIGSEGV, SIGABRT and the like end a program that uses memory or a call wrongly", source: "signal(7)",
		},
		{
			id: "ends-with-an-exception", named: true, everywhere: true, signs: []string{"ended", "traceback"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server ends with an exception that it does not catch: %s.", lastWords(q))
			},
			hints: map[Language]string{C: "catch it around the call that its last words name, and go on with the next client"},
		},
		{
			id: "decodes-bytes", named: true, everywhere: true, signs: []string{"traceback", "decode-error", "client-ended"},
			title: "The server turns bytes into text: what is no valid UTF-8 raises UnicodeDecodeError.",
			hints: map[Language]string{C: "pass on the bytes that recv returned, without .decode() and .encode()"},
			rule:  "what recv returns are bytes: a piece of a stream, not text", source: "tcp(7); docs.python.org, bytes.decode",
		},
		{
			id: "adds-to-the-answer", named: true, echo: true, breaks: echoing, signs: []string{"prefix-repeats"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server sends %q before each answer.", prefix(q))
			},
			hints: map[Language]string{C: "send the bytes that were read, and nothing of your own; if that is part of the exercise, judge it with --protocol line (a line for each line)"},
			rule:  "an echo server sends back exactly the data that it receives", source: "RFC 862",
		},
		{
			id: "greets", named: true, echo: true, breaks: echoing, signs: []string{"speaks-first"},
			tells: func(q report.Requirement) string {
				return fmt.Sprintf("The server greets its clients: it sends %q before they have an answer.", short(greeting(q)))
			},
			hints: map[Language]string{C: "send nothing that the client did not send; if the greeting is part of the exercise, judge it with --greeting any"},
			rule:  "an echo server sends back exactly the data that it receives", source: "RFC 862",
		},
		{
			id: "changes-case", named: true, echo: true, breaks: echoing, signs: []string{"case-changed"},
			title: "The server changes the case of what it sends back.",
			hints: map[Language]string{C: "send the bytes that were read, unchanged"},
			rule:  "an echo server sends back exactly the data that it receives", source: "RFC 862",
		},
		{
			id: "sends-more-than-it-read", echo: true, breaks: echoing, signs: []string{"surplus"},
			title: "The server sends more bytes than it read.",
			hints: map[Language]string{
				C:      "write the n bytes that read returned: not the whole buffer, and not strlen(buf), as no NUL ends what read returns",
				Python: "send exactly what recv returned",
			},
			rule: "read returns how many bytes there are; what follows in the buffer is old, or not initialised", source: "read(2), RETURN VALUE",
		},
		{
			id: "echo-strlen", named: true, echo: true, breaks: echoing, signs: []string{"cut-at-nul"},
			title: "It treats what it read as a C string: all from the first NUL byte on is lost.",
			hints: map[Language]string{
				C:      "write the n bytes that read returned; never strlen, strcpy or printf(\"%s\") on them, as no NUL ends them",
				Python: "pass on the bytes that recv returned; do not strip or split at b\"\\0\"",
			},
			rule: "what read returns is n bytes, not a string", source: "read(2); UNP 3rd ed. §3.9",
		},
		{
			id: "does-not-echo", echo: true, breaks: echoing, signs: []string{"answers-otherwise"},
			tells: func(q report.Requirement) string {
				_, want, got := reply(q)
				return fmt.Sprintf("The server does not echo: where %q should come back, it answers %q.", short(want), short(got))
			},
			hints: map[Language]string{C: "send the bytes that were read; if it is to answer otherwise, judge it with --protocol line (a line for each line), --protocol learned --send TEXT, or --protocol silent"},
			rule:  "an echo server sends back exactly the data that it receives", source: "RFC 862",
		},
		{
			id: "ends-when-a-call-fails", breaks: []string{"faults/accept-econnaborted", "faults/accept-eproto", "faults/accept-enobufs",
				"faults/accept-enomem", "faults/accept-emfile", "faults/accept-enfile", "faults/fork-eagain", "faults/fork-enomem", "faults/accept-eintr"},
			signs: []string{"ended"},
			title: "The server ends whenever accept or fork fails, also when that concerns one client only.",
			hints: map[Language]string{
				C:      "do not exit when accept or fork returns -1: close what belongs to that client, pause if it lasts (EMFILE), and go on",
				Python: "catch OSError around accept() and os.fork(): close what belongs to that client, pause if it lasts, and go on",
			},
			rule: "a failure of one connection is no reason to end the service for all", source: "accept(2), ERRORS; fork(2), ERRORS",
		},
		{
			id: "ends-with-its-first-child", common: true, breaks: []string{"launch/serves-again", "signals/survives-sigchld"}, signs: []string{"ended"},
			title: "The server ends when its first child ends: it takes the interrupted call (EINTR), or that no child is left (ECHILD), for a failure.",
			hints: map[Language]string{
				C:      "after accept: if (connfd < 0 && errno == EINTR) continue; in the handler, save errno first and restore it last, and end the loop of waitpid at 0 and at -1",
				Python: "catch ChildProcessError around os.waitpid, and InterruptedError around accept(), and go on",
			},
			rule: "a signal that was caught is no error: the interrupted call is made again", source: "signal(7), Interruption of system calls; waitpid(2), ECHILD; UNP 3rd ed. §5.9",
		},
		{
			id: "handler-reaps-none", breaks: []string{"reaping/one", "reaping/sequential", "reaping/five-at-once", "reaping/many-at-once",
				"reaping/one-of-two", "reaping/killed-child", "reaping/stopped-child"},
			signs: []string{"sigchld-caught"},
			title: "The server catches SIGCHLD, and its handler waits for no child: each one that has ended stays a zombie.",
			hints: map[Language]string{
				C:      "in the handler: while (waitpid(-1, NULL, WNOHANG) > 0) ; and save and restore errno around it",
				Python: "in the handler, call os.waitpid(-1, os.WNOHANG) until it returns pid 0 or raises ChildProcessError",
			},
			source: "UNP 3rd ed. §5.8; wait(2), NOTES",
		},
		{
			id: "closes-what-is-in-use", named: true, breaks: []string{"reaping/sequential", "descriptors/no-growth", "descriptors/low-limit"},
			signs: []string{"lives", "closed-unheard", "sigchld-caught", "others-served"},
			title: "A client that has just come is lost: the server closes its connection without an answer, though it serves others.",
			hints: map[Language]string{
				C: "see what the SIGCHLD handler closes: a global connfd is by then the next client's, or another descriptor of the same number; " +
					"close(connfd) once, in the parent, right after fork",
				Python: "close the connection once, in the parent, right after os.fork(), and not in the signal handler",
			},
			rule: "a descriptor's number is given out again at once: what is closed twice is another's the second time", source: "close(2), NOTES; signal-safety(7)",
		},
		{
			id: "closes-at-once", named: true, breaks: serving, signs: []string{"lives", "closed-unheard"},
			title: "The server closes connections without an answer.",
			hints: map[Language]string{
				C:      "read until read returns 0 and write what was read, before close; look at whether the child really gets connfd",
				Python: "recv until it returns b\"\" and send what came, before close(); a connection whose name goes out of scope is closed, too",
			},
			rule: "the server reads until the end of file and writes everything before it closes the connection", source: "UNP 3rd ed. §5.3, str_echo",
		},
		{
			id: "answer-stays-inside", named: true, echo: true, breaks: serving, signs: []string{"nothing-comes"},
			title: "Not one byte comes back, though the server has read what the client sent: its output is buffered, or goes elsewhere.",
			hints: map[Language]string{
				C:      "write to the connected socket with write or send; if it is printf or fprintf on a socket, fflush after each answer; a web server is judged with --protocol http",
				Python: "send with conn.sendall(); if it is a file made by makefile(), flush() after each answer",
			},
			rule: "stdio keeps what is printed to anything but a terminal until its buffer is full or the program ends", source: "setbuf(3); stdout(3)",
		},
		{
			id: "killed-by-sigpipe", named: true, everywhere: true, signs: []string{"sigpipe"},
			title: "The server is killed by SIGPIPE: it writes to a client that has left.",
			hints: map[Language]string{C: "signal(SIGPIPE, SIG_IGN) at the start, or send with MSG_NOSIGNAL; when it fails with EPIPE, end that connection only"},
			rule:  "writing to a connection that was reset raises SIGPIPE, which ends the process by default", source: "signal(7); write(2), EPIPE; UNP 3rd ed. §5.13",
		},
		{
			id: otherModel, named: true, breaks: []string{"concurrency/own-process", "concurrency/model"}, signs: []string{"looks-otherwise"},
			tells: func(q report.Requirement) string {
				design, flag := likeness(q)
				return fmt.Sprintf("The server serves its clients %s: %s.", ways[design], flag)
			},
			hintFor: asMeant,
			hints:   map[Language]string{C: "build it by the design that the exercise names, or judge it by its own: --model auto"},
			rule:    "what is asked of a server follows from its design", source: "UNP 3rd ed. §30.1, ch. 30",
		},
		{
			id: "forks-before-accept", named: true, breaks: append(serving[:len(serving):len(serving)], "termination/child-serves-one", "termination/sigterm", "termination/sigint"),
			signs: []string{"child-accepts-early"},
			title: "Parent and child both accept: the server forks before it accepts.",
			hints: map[Language]string{
				C:      "accept first, then fork: the parent closes connfd and accepts again, the child closes listenfd and serves",
				Python: "accept() first, then os.fork(): the parent closes conn and accepts again, the child closes the listening socket and serves",
			},
			rule: "the parent accepts, forks, closes the connected socket, and loops; the child serves and exits", source: "UNP 3rd ed. §4.8",
		},
		{
			id: "spins-at-end-of-file", named: true,
			breaks: []string{"termination/child-exits", "termination/client-sees-eof", "echo/half-close", "descriptors/no-close-wait",
				"descriptors/no-growth", "descriptors/low-limit", "termination/child-exits-on-reset", "faults/read-econnreset", "termination/idle-is-idle"},
			signs: []string{"child-spins"},
			title: "The child does not stop at the end of file: it reads on for ever and uses the whole processor.",
			hints: map[Language]string{
				C:      "leave the loop when read returns 0: while ((n = read(connfd, buf, sizeof buf)) > 0)",
				Python: "leave the loop when recv returns b\"\"",
			},
			rule: "read returns 0 at the end of file, at once and each time", source: "read(2), RETURN VALUE; UNP 3rd ed. §5.7",
		},
	}...)
}

// when says at which client something happened, if the steps tell.
func when(q report.Requirement) string {
	if q.Evidence == nil || len(q.Evidence.Clients) == 0 {
		return ""
	}
	return " when " + q.Evidence.Clients[0].Name + " is there"
}

// lastWords returns the last line of the server's output that is not empty.
func lastWords(q report.Requirement) string {
	lines := strings.Split(strings.TrimSpace(q.Evidence.Output), "\n")
	return strings.TrimSuffix(strings.TrimSpace(lines[len(lines)-1]), ".")
}

// short returns the beginning of what was said, as far as it fits into a sentence.
func short(text string) string {
	const most = 24
	if len(text) > most {
		return text[:most]
	}
	return text
}
