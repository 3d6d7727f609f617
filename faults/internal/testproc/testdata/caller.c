/* A program that makes one system call for each byte it reads, and writes
 * the result as "RESULT ERRNO NOTE". Its sockets are a pair that each
 * call finds filled with 4096 known bytes, or empty. Built by the tests. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4096 };
extern char **environ;
static char data[SIZE], buffer[SIZE];
static int pair[2], listener, file;

static void *nothing(void *arg) { return arg; }

/* Empties the pair, by calls that no test has changed meanwhile. */
static void renew(void)
{
	int fresh[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fresh) != 0) abort();
	if (dup2(fresh[0], pair[0]) < 0 || dup2(fresh[1], pair[1]) < 0) abort();
	close(fresh[0]), close(fresh[1]);
}

/* The three buffers of the calls that take several: 1000, 2000 and 1096 bytes. */
static struct iovec parts[3];
static struct msghdr message;

static void split(char *base)
{
	parts[0] = (struct iovec){base, 1000};
	parts[1] = (struct iovec){base + 1000, 2000};
	parts[2] = (struct iovec){base + 3000, 1096};
	message = (struct msghdr){.msg_iov = parts, .msg_iovlen = 3};
}

/* Whether a shortened transfer has changed the memory of the program. */
static int marked(void)
{
	return parts[0].iov_len != 1000 || parts[1].iov_len != 2000 || parts[2].iov_len != 1096 || message.msg_iovlen != 3;
}

static long call(char c)
{
	pid_t pid;
	pthread_t t;
	char *argv[] = {"true", NULL};
	int pipes[2];
	long n;
	switch (c) {
	case 'f': case 'k': case 'v':
		pid = c == 'f' ? fork() : c == 'k' ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : vfork();
		if (pid == 0) _exit(0);
		if (pid > 0 && waitpid(pid, NULL, 0) != pid) abort();
		return pid > 0 ? 1 : pid;
	case 's':
		errno = posix_spawnp(&pid, "true", NULL, NULL, argv, environ);
		if (errno == 0 && waitpid(pid, NULL, 0) != pid) abort();
		return errno ? -1 : 1;
	case 't':
		errno = pthread_create(&t, NULL, nothing, NULL);
		if (errno == 0) pthread_join(t, NULL);
		return errno ? -1 : 1;
	case 'a': return accept(listener, NULL, NULL);
	case '4': return accept4(listener, NULL, NULL, 0);
	case 'r': return read(pair[0], buffer, SIZE);
	case 'R': return readv(pair[0], parts, 3);
	case 'm': return recv(pair[0], buffer, SIZE, 0);
	case 'M': return recvmsg(pair[0], &message, 0);
	case 'w': return write(pair[1], data, SIZE);
	case 'W': return writev(pair[1], parts, 3);
	case 'S': return send(pair[1], data, SIZE, 0);
	case 'G': return sendmsg(pair[1], &message, 0);
	case 'F': { off_t from = 0; return sendfile(pair[1], file, &from, SIZE); }
	case 'i':
		if (pipe(pipes) != 0) abort();
		n = splice(pair[0], NULL, pipes[1], NULL, SIZE, 0);
		close(pipes[0]), close(pipes[1]);
		return n;
	case 'A': {
		void *got = mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (got == MAP_FAILED) return -1;
		munmap(got, 64 << 20);
		return 1;
	}
	case 'p': return waitpid(-1, NULL, WNOHANG);
	case 'P': { struct pollfd p = {pair[0], POLLIN, 0}; return poll(&p, 1, 0); }
	case 'c': {
		int copy = dup(pair[0]);
		int result = close(copy), error = errno;
		if (write(copy, "x", 1) != -1 || errno != EBADF) abort(); /* it is closed all the same */
		errno = error;
		return result;
	}
	}
	abort();
}

static int reads(char c) { return strchr("rRmMi", c) != NULL; }

static void answer(char c)
{
	if (c != 'c') renew();
	if ((reads(c) || c == 'P') && send(pair[1], data, SIZE, 0) != SIZE) abort();
	memset(buffer, 0, sizeof buffer);
	split(reads(c) ? buffer : data);
	errno = 0;
	long n = call(c);
	int error = errno;
	const char *note = marked() ? "marked" : "clean";
	if (n > 0 && strchr("rRmM", c) && memcmp(buffer, data, n) != 0) note = "wrong";
	if (n > 0 && strchr("rRmM", c)) /* not one byte beyond the result */
		for (int i = n; i < SIZE; i++) if (buffer[i] != 0) note = "beyond";
	if (n > 0 && strchr("wWSGF", c)) {
		long got = recv(pair[0], buffer, SIZE, MSG_DONTWAIT);
		if (got != n || memcmp(buffer, data, n) != 0) note = "lost";
	}
	dprintf(1, "%ld %d %s\n", n, n < 0 ? error : 0, note);
}

/* Forks n children, with a SIGCHLD handler that interrupts,
 * and writes how many calls failed with EINTR that no signal can interrupt. */
static void on_child(int sig)
{
	int e = errno;
	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = e;
}

static void fork_many(int n)
{
	struct sigaction sa = {.sa_handler = on_child};
	int interrupted = 0, failed = 0;
	sigaction(SIGCHLD, &sa, NULL);
	dprintf(1, "ready\n");
	getchar();
	for (int i = 0; i < n; i++) {
		pid_t pid = fork();
		if (pid == 0) _exit(0);
		if (pid < 0 && errno == EINTR) interrupted++;
		else if (pid < 0) failed++;
	}
	dprintf(1, "%d %d done\n", interrupted, failed);
	for (;;) pause();
}

/* Writes, for each byte, how many signals it has caught: SIGUSR1, after which the
 * kernel restarts the call, and SIGUSR2. */
static volatile sig_atomic_t signals;
static void on_signal(int sig) { (void)sig; signals++; }

static void count_signals(void)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	char c;
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_flags = 0;
	sigaction(SIGUSR2, &sa, NULL);
	dprintf(1, "ready\n");
	while (read(0, &c, 1) == 1) dprintf(1, "%d 0 signals\n", (int)signals);
}

/* A handler that leaves another errno behind. */
static void on_spoil(int sig) { (void)sig; errno = 99; }

/* Four threads that read from a socket of their own each, and answer. */
static void *echo(void *arg)
{
	int fd = *(int *)arg;
	char c;
	ssize_t n;
	while ((n = read(fd, &c, 1)) != 0)
		dprintf(1, "%zd %d thread\n", n, n < 0 ? errno : 0);
	return NULL;
}

static void threads(void)
{
	static int fds[4][2];
	pthread_t t;
	char c;
	for (int i = 0; i < 4; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds[i]) != 0) abort();
		if (pthread_create(&t, NULL, echo, &fds[i][0]) != 0) abort();
	}
	dprintf(1, "ready\n");
	while (read(0, &c, 1) == 1) {
		if (c == 'n') { /* a fifth, made while it is traced */
			static int more[2];
			if (socketpair(AF_UNIX, SOCK_STREAM, 0, more) != 0) abort();
			if (pthread_create(&t, NULL, echo, &more[0]) != 0) abort();
			if (write(more[1], "x", 1) != 1) abort();
			continue;
		}
		if (write(fds[c - '0'][1], "x", 1) != 1) abort();
	}
}

/* For each byte forks a child that makes a call and answers itself. */
static void children(void)
{
	char c;
	dprintf(1, "ready\n");
	while (read(0, &c, 1) == 1) {
		pid_t pid = fork();
		if (pid == 0) { answer(c); _exit(0); }
		waitpid(pid, NULL, 0);
	}
}

/* Has the kernel kill it for a number that no system call has. */
static void filter(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0x7fffffff, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) abort();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) abort();
}

int main(int argc, char **argv)
{
	char c, name[] = "/tmp/callerXXXXXX";
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SIZE; i++) data[i] = 'a' + i % 26;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) abort();
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (listener < 0 || listen(listener, 5) != 0) abort();
	file = mkstemp(name);
	if (file < 0 || unlink(name) != 0 || write(file, data, SIZE) != SIZE) abort();
	if (argc > 2 && !strcmp(argv[1], "forks")) fork_many(atoi(argv[2]));
	if (argc > 1 && !strcmp(argv[1], "signals")) count_signals();
	if (argc > 1 && !strcmp(argv[1], "threads")) threads();
	if (argc > 1 && !strcmp(argv[1], "children")) children();
	if (argc > 1 && !strcmp(argv[1], "filter")) filter();
	if (argc > 1 && !strcmp(argv[1], "spoils"))
		sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_spoil, .sa_flags = SA_RESTART}, NULL);
	dprintf(1, "ready\n");
	while (read(0, &c, 1) == 1) answer(c);
	return 0;
}
