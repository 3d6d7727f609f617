/* What the programs of sleeper.c have in common. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ready says that the program is about to block, and its port, or 0. */
static void ready(int port) { printf("ready %d\n", port); fflush(stdout); }

/* listener makes a listening socket on the loopback, on a free port. */
static int listener(int backlog, int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, backlog) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		exit(90);
	*port = ntohs(a.sin_port);
	return fd;
}

/* connection accepts the first client. */
static int connection(void)
{
	int port, fd = listener(5, &port);
	ready(port);
	return accept(fd, NULL, NULL);
}

/* quiet_pipe is a read end on which nothing ever comes. */
static int quiet_pipe(void)
{
	int p[2];
	if (pipe(p) < 0)
		exit(91);
	return p[0];
}

/* deafen makes a socket drop every segment that reaches it. */
static void deafen(int fd)
{
	struct sock_filter drop[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	struct sock_fprog program = { .len = 1, .filter = drop };
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0) {
		printf("cannot attach a socket filter: %m\n");
		exit(92);
	}
}

static void on_signal(int sig) { (void)sig; }

static void catch(int sig)
{
	struct sigaction s = { .sa_handler = on_signal };
	sigaction(sig, &s, NULL);
}

static void block(int sig)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
}
