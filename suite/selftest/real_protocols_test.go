package selftest

import (
	"slices"

	"github.com/forkproof/forkproof/suite/harness"
)

// getRoot is the request that every server of HTTP answers, and ends the connection.
const getRoot = `GET / HTTP/1.0\r\n\r\n`

// learns returns the flags by which the reply to a request is learnt.
func learns(send string, more ...string) []string {
	return append([]string{"--protocol", "learned", "--send", send}, more...)
}

// web returns the flags by which a server is judged by HTTP.
func web(more ...string) []string { return append([]string{"--protocol", "http"}, more...) }

// smallWeb are requirements of HTTP/1.1 that small servers do not meet, though their status
// line says HTTP/1.1. RFC 9112 says MUST of each (§3.2, §5.1, §6.3), and nginx, Apache and
// lighttpd meet all.
var smallWeb = []string{"http/host", "http/space-before-colon", "http/bad-length"}

// silently are the flags by which nothing is sent.
var silently = []string{"--protocol", "silent"}

// talks returns the flags by which a server is judged by a dialogue.
func talks(file string) []string { return []string{"--dialogue", "{dir}/" + file} }

// protocolServers are real servers that do not echo.
var protocolServers = []realServer{
	{
		name: "nginx", needs: []string{"nginx"}, from: "apt-get install nginx-light", model: harness.AnyModel,
		flags:   web("--show", "{dir}"),
		command: []string{"nginx", "-c", "{dir}/nginx.conf", "-p", "{dir}/"},
		why:     "two workers with epoll; a worker that has no descriptor left stops listening for a while",
	},
	{
		name: "Apache, prefork", needs: []string{"apache2"}, from: "apt-get install apache2", model: harness.AnyModel,
		flags:   web("--show", "{dir}/www", "--show", "/usr/lib/apache2", "--env", "WWW={dir}/www"),
		command: []string{"apache2", "-D", "FOREGROUND", "-f", "{dir}/apache2.conf"},
		why:     "mpm_prefork: five children that accept in turn, and more when all are busy",
	},
	{
		name: "lighttpd", needs: []string{"lighttpd"}, from: "apt-get install lighttpd", model: harness.AnyModel,
		flags:   web("--show", "{dir}/www", "--env", "WWW={dir}/www"),
		command: []string{"lighttpd", "-D", "-f", "{dir}/lighttpd.conf"},
		advice:  spins,
		why:     "one process with epoll; without a descriptor it calls accept again at once",
	},
	{
		name: "mini-httpd", needs: []string{"mini_httpd"}, from: "apt-get install mini-httpd", model: harness.Forking,
		flags:   web("--show", "{dir}/www"),
		command: []string{"mini_httpd", "-D", "-p", "{port}", "-d", "{dir}/www"},
		fails:   smallWeb,
		advice: slices.Concat(endsOnFork, []string{
			"http/persistent", "http/bad-request",
			"faults/accept-enobufs", "faults/accept-enomem", "faults/accept-enfile", "faults/accept-emfile", "faults/short-write",
		}),
		why: "mini_httpd.c: main() exits when accept fails with anything but EINTR, EAGAIN, ECONNABORTED or EPROTO, and when fork fails" +
			"; my_write() of the head of a response returns how much was written, and send_response() does not look" +
			"; it says HTTP/1.1 and ends after each response, looks for Host only with virtual hosts, and reads no more of a field or a version than it needs",
	},
	{
		name: "micro-httpd from inetd", needs: []string{"inetd", "micro-httpd"}, from: "apt-get install openbsd-inetd micro-httpd", model: harness.Forking,
		flags:   learns(getRoot, "--show", "/usr/share/doc/micro-httpd"),
		command: []string{"inetd", "-i", "{dir}/inetd-micro-httpd.conf"},
		advice:  spins,
		why:     "a program for each connection; while there is no descriptor inetd calls accept again at once",
	},
	{
		name: "webfs", needs: []string{"webfsd"}, from: "apt-get install webfs", model: harness.AnyModel,
		flags:   web("--path", "/index.html", "--show", "{dir}/www"),
		command: []string{"webfsd", "-F", "-p", "{port}", "-r", "{dir}/www"},
		fails:   smallWeb,
		advice:  slices.Concat([]string{"concurrency/hundred", "http/unknown-method"}, spins),
		why: "webfs(1), -c: 32 connections at once by default; one process with select, which calls accept again at once when that fails" +
			"; request.c compares the method with HEAD alone, and looks for the few fields that it knows",
	},
	{
		name: "busybox httpd", needs: []string{"busybox"}, from: "apt-get install busybox", model: harness.Forking,
		flags:   web("--show", "{dir}/www"),
		command: []string{"busybox", "httpd", "-f", "-p", "127.0.0.1:{port}", "-h", "{dir}/www"},
		fails:   slices.Concat([]string{"http/head"}, smallWeb),
		advice:  slices.Concat([]string{"http/persistent", "http/bad-request"}, spins),
		why: "httpd.c of busybox: send_file_and_exit() sends the file to HEAD, too, and what follows the method and the path is hardly looked at" +
			"; mini_httpd() calls accept again at once when that fails",
	},
	{
		name: "Python's http.server", needs: []string{"python3"}, from: "apt-get install python3", model: harness.Threads, design: "threads",
		flags:   web("--show", "{dir}/www"),
		command: []string{"python3", "-m", "http.server", "-b", "127.0.0.1", "-d", "{dir}/www", "{port}"},
		advice:  slices.Concat([]string{"http/bad-request", "faults/closed-stdio"}, spins),
		why: "ThreadingHTTPServer, a thread for each client; its status line says HTTP/1.0; parse_request() takes one word for HTTP/0.9, which has no status line" +
			"; log_message() writes to sys.stderr, which is None without descriptor 2; serve_forever() calls accept again at once when that fails",
	},
	{
		name: "Python's http.server, forking", needs: []string{"python3"}, from: "apt-get install python3", model: harness.Forking,
		flags:   web("--show", "{dir}"),
		command: []string{"python3", "{dir}/forking_http.py", "{port}", "{dir}/www"},
		fails:   []string{keepsListener},
		advice:  slices.Concat([]string{"concurrency/hundred", "http/bad-request", "faults/closed-stdio"}, spins),
		why:     "process_request() of ForkingMixIn closes nothing in the child; max_children is 40; the rest is as with threads",
	},
	{
		name: "vsftpd", needs: []string{"vsftpd"}, from: "apt-get install vsftpd", model: harness.Forking,
		flags:   learns(`NOOP\r\n`),
		command: []string{"vsftpd", "{dir}/vsftpd.conf"},
		advice:  slices.Concat([]string{"concurrency/hundred"}, spins),
		why: "vsftpd.conf(5), max_per_ip: it answers \"421 There are too many connected users\" to those beyond 50 from one address" +
			"; standalone.c accepts again at once when accept fails",
	},
	{
		name: "dropbear", needs: []string{"dropbear"}, from: "apt-get install dropbear-bin", model: harness.Forking,
		flags:   silently,
		command: []string{"dropbear", "-F", "-E", "-R", "-p", "{port}"},
		fails:   []string{"concurrency/many"},
		advice:  slices.Concat([]string{"concurrency/hundred", "concurrency/burst"}, spins),
		notRun: []string{
			"descriptors/no-close-wait", "descriptors/no-growth", "descriptors/no-siblings", "reaping/many-at-once",
		},
		why: "sysoptions.h: MAX_UNAUTH_PER_IP is 5, so a sixth client of one address that has not logged in is dropped, and listen(sock, DROPBEAR_LISTEN_BACKLOG) is a short one" +
			"; main_noinetd() calls accept again at once when that fails",
	},
	{
		name: "msmtpd", needs: []string{"msmtpd"}, from: "apt-get install msmtp", model: harness.Forking,
		flags:   learns(`NOOP\r\n`),
		command: []string{"msmtpd", "--port={port}", "--command=cat"},
		fails:   []string{"concurrency/many", keepsListener},
		advice: slices.Concat(endsOnAccept, endsOnFork, []string{
			"concurrency/hundred", "faults/accept-eintr", "faults/accept-econnaborted",
		}),
		notRun: []string{"descriptors/no-close-wait", "reaping/many-at-once"},
		chance: []string{
			"reaping/five-at-once", "reaping/one-of-two", "reaping/stopped-child", "faults/accept-emfile-idle", "faults/slow-fork", "signals/keeps-errno",
			"signals/spurious-sigchld", "signals/storm",
		},
		why: "it serves 16 clients at once and sleeps for a second while there are more; its children keep the listening socket; it ends when accept or fork fails" +
			"; its SIGCHLD handler waits once, so that how many zombies stay hangs on when it runs, and blocks if a signal comes while all children live",
	},
	{
		name: "xinetd", needs: []string{"xinetd", "cat"}, from: "apt-get install xinetd", model: harness.Forking,
		command: []string{"xinetd", "-dontfork", "-f", "{dir}/xinetd.conf", "-pidfile", "/tmp/xinetd.pid"},
		advice:  []string{"termination/sigint", "faults/accept-enfile", "faults/accept-emfile"},
		why: "it echoes by cat; xinetd(8), CONTROLLING XINETD: SIGTERM ends it, and SIGINT is no word of its" +
			"; when accept fails with EMFILE or ENFILE it takes the service out for good (cps_service_stop)",
	},
	{
		name: "inetd, built-in discard", needs: []string{"inetd"}, from: "apt-get install openbsd-inetd", model: harness.Forking,
		flags:   silently,
		command: []string{"inetd", "{dir}/inetd-discard.conf"},
		fails:   []string{keepsListener},
		advice:  spins,
		why:     "a child that executes no program keeps the listening sockets; while there is no descriptor it calls accept again at once",
	},
	{
		name: "inetd, built-in daytime", needs: []string{"inetd"}, from: "apt-get install openbsd-inetd", model: harness.Forking,
		flags:   silently,
		command: []string{"inetd", "{dir}/inetd-daytime.conf"},
		why:     "it says the time and ends the connection, so that most requirements do not apply",
	},
	{
		name: "Redis", needs: []string{"redis-server"}, from: "apt-get install redis-server", model: harness.AnyModel,
		flags:   learns(`PING\r\n`),
		command: []string{"redis-server", "--port", "{port}", "--save", "", "--appendonly", "no"},
		advice:  spins,
		why:     "one thread with epoll, and some in the background; while there is no descriptor it calls accept again at once",
	},
	{
		name: "Redis, by a dialogue", needs: []string{"redis-server"}, from: "apt-get install redis-server", model: harness.AnyModel,
		flags:   talks("redis.yaml"),
		command: []string{"redis-server", "--port", "{port}", "--save", "", "--appendonly", "no"},
		advice:  spins,
		why:     "it takes requests in pieces and several at once, and each of 20 clients has its own keys; as above without a descriptor",
	},
	{
		name: "vsftpd, by a dialogue", needs: []string{"vsftpd"}, from: "apt-get install vsftpd", model: harness.Forking,
		flags:   talks("ftp.yaml"),
		command: []string{"vsftpd", "{dir}/vsftpd.conf"},
		advice:  slices.Concat([]string{"concurrency/hundred"}, spins),
		why:     "max_per_ip is 50, and standalone.c accepts again at once, as above; a guest logs in, and leaves in the middle of each command",
	},
	{
		name: "msmtpd, by a dialogue", needs: []string{"msmtpd"}, from: "apt-get install msmtp", model: harness.Forking,
		flags:   talks("smtp.yaml"),
		command: []string{"msmtpd", "--port={port}", "--command=sh -c 'cat >/dev/null' sendmail"},
		fails:   []string{"concurrency/many", keepsListener},
		advice: slices.Concat(endsOnAccept, endsOnFork, []string{
			"concurrency/hundred", "faults/accept-eintr", "faults/accept-econnaborted", "signals/spurious-sigchld", "signals/storm",
		}),
		notRun: []string{"dialogue/own-answers", "descriptors/no-close-wait", "descriptors/no-growth", "reaping/many-at-once"},
		chance: []string{
			"reaping/five-at-once", "reaping/one-of-two", "reaping/stopped-child", "faults/accept-emfile-idle", "faults/slow-fork", "signals/keeps-errno",
		},
		why: "a mail goes through; for the rest as above: 16 clients at once, children that keep the listening socket, and one wait in the handler of SIGCHLD" +
			", which blocks while a client stays, as one does here after its first command",
	},
	{
		name: "memcached", needs: []string{"memcached"}, from: "apt-get install memcached", model: harness.AnyModel,
		flags:   learns(`version\r\n`),
		command: []string{"memcached", "-p", "{port}", "-U", "0", "-l", "127.0.0.1"},
		why:     "a thread that accepts and four with epoll; without a descriptor it stops listening until one is free",
	},
	{
		name: "PostgreSQL", needs: []string{"/usr/lib/postgresql/15/bin/postgres"}, from: "apt-get install postgresql-15", model: harness.Forking,
		flags:   append([]string{"--writable", "{out}", "--memory", "1G"}, silently...),
		build:   []string{"{dir}/postgres.sh", "{out}"},
		command: []string{"/usr/lib/postgresql/15/bin/postgres", "-D", "{out}/data", "-p", "{port}", "-k", "/tmp", "-h", "127.0.0.1"},
		why:     "postmaster.c forks a backend for each connection; ServerLoop() pauses when accept fails",
	},
	{
		name: "websockify", needs: []string{"websockify"}, from: "apt-get install websockify", model: harness.Forking,
		flags:   silently,
		command: []string{"websockify", "127.0.0.1:{port}", "127.0.0.1:9"},
		advice:  spins,
		chance:  []string{"concurrency/hundred", "descriptors/no-growth"},
		why: "websockifyserver.py: a child ends the connection of a client that says nothing for 3 s, which many clients may take" +
			"; its loop calls accept again at once when that fails",
	},
}
