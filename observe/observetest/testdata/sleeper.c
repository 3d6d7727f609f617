/* Programs that sleep, each in its own way. sleeper MODE runs one below a
 * subreaper, which adopts orphans, reaps them, and ends all when its standard
 * input ends. */
#include "sleeper.h"

static void m_pause(void) { ready(0); for (;;) pause(); }
static void m_spin(void) { ready(0); for (volatile long i = 0;; i++) ; }
static void m_read_pipe(void) { int fd = quiet_pipe(); char c; ready(0); read(fd, &c, 1); }
static void m_accept(void) { int port, fd = listener(5, &port); ready(port); accept(fd, NULL, NULL); }
static void m_read(void) { int fd = connection(); char c; while (read(fd, &c, 1) > 0) ; pause(); }
static void m_unread(void) { connection(); for (;;) pause(); }
static void m_queue(void) { int port; listener(0, &port); ready(port); for (;;) pause(); }
static void m_deaf(void) { deafen(connection()); ready(1); for (;;) pause(); }

static void m_deaf_listener(void)
{
	int port, fd = listener(5, &port);
	deafen(fd);
	ready(port);
	accept(fd, NULL, NULL);
}

static void m_accept_timeout(void)
{
	struct timeval five = { 500, 0 };
	int port, fd = listener(5, &port);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &five, sizeof five);
	ready(port);
	accept(fd, NULL, NULL);
}

static void m_write(void)
{
	static char block_of[1 << 16];
	int fd = connection();
	while (write(fd, block_of, sizeof block_of) > 0) ;
	pause();
}

static void m_write_timeout(void)
{
	static char block_of[1 << 16];
	struct timeval five = { 500, 0 };
	int fd = connection();
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &five, sizeof five);
	while (write(fd, block_of, sizeof block_of) > 0) ;
	pause();
}

static void polls(int timeout)
{
	struct pollfd p = { quiet_pipe(), POLLIN, 0 };
	ready(0);
	while (poll(&p, 1, timeout) < 0) ;
}
static void m_poll(void) { polls(-1); }
static void m_poll_timed(void) { polls(500000); }
static void m_tick(void) { for (ready(0);;) poll(NULL, 0, 20); }

static void m_ppoll(void) { struct pollfd p = { quiet_pipe(), POLLIN, 0 }; ready(0); ppoll(&p, 1, NULL, NULL); }
static void m_ppoll_timed(void)
{
	struct pollfd p = { quiet_pipe(), POLLIN, 0 };
	struct timespec t = { 500, 0 };
	ready(0);
	ppoll(&p, 1, &t, NULL);
}

static void selects(struct timeval *t)
{
	int fd = quiet_pipe();
	fd_set set;
	FD_ZERO(&set);
	FD_SET(fd, &set);
	ready(0);
	select(fd + 1, &set, NULL, NULL, t);
}
static void m_select(void) { selects(NULL); }
static void m_select_timed(void) { struct timeval t = { 500, 0 }; selects(&t); }

static void epolls(int timeout)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = epoll_create1(0);
	epoll_ctl(fd, EPOLL_CTL_ADD, quiet_pipe(), &e);
	ready(0);
	epoll_wait(fd, &e, 1, timeout);
}
static void m_epoll(void) { epolls(-1); }
static void m_epoll_timed(void) { epolls(500000); }

static void m_epoll_spin(void) { epoll_create1(0); m_spin(); }
static void *spin(void *arg) { for (volatile long i = 0;; i++) ; return arg; }
static void m_epoll_thread(void)
{
	pthread_t t;
	epoll_create1(0);
	pthread_create(&t, NULL, spin, NULL);
	m_pause();
}

/* epoll_bursts works for some 0.1 ms, sleeps for 1 ms, and so on. */
static void m_epoll_bursts(void)
{
	struct epoll_event e;
	int fd = epoll_create1(0);
	for (ready(0);; epoll_wait(fd, &e, 1, 1))
		for (volatile long i = 0; i < 60000; i++) ;
}

static void m_nanosleep(void) { struct timespec t = { 500, 0 }; ready(0); nanosleep(&t, NULL); }
static void m_semaphore(void) { sem_t s; sem_init(&s, 0, 0); ready(0); sem_wait(&s); }
static void m_semaphore_timed(void)
{
	struct timespec t;
	sem_t s;
	sem_init(&s, 0, 0);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 500;
	ready(0);
	sem_timedwait(&s, &t);
}

static void sigwaits(int sig) { sigset_t s; int got; block(sig); sigemptyset(&s); sigaddset(&s, sig); ready(0); sigwait(&s, &got); }
static void m_sigwait(void) { sigwaits(SIGUSR1); }
static void m_sigwait_alarm(void) { sigwaits(SIGALRM); }

static void m_signalfd_alarm(void)
{
	sigset_t s;
	block(SIGALRM);
	sigemptyset(&s);
	sigaddset(&s, SIGALRM);
	signalfd(-1, &s, 0);
	m_pause();
}

static void m_alarm(void) { catch(SIGALRM); m_pause(); }
static void m_alarm_ticks(void)
{
	struct itimerval t = { { 0, 20000 }, { 0, 20000 } };
	catch(SIGALRM);
	setitimer(ITIMER_REAL, &t, NULL);
	m_pause();
}
static void m_timer(void)
{
	struct sigevent e = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	timer_t id;
	timer_create(CLOCK_MONOTONIC, &e, &id);
	m_pause();
}
static void m_timerfd(void)
{
	struct itimerspec t = { .it_value = { 500, 0 } };
	timerfd_settime(timerfd_create(CLOCK_MONOTONIC, 0), 0, &t, NULL);
	m_pause();
}
static void m_timerfd_unarmed(void) { timerfd_create(CLOCK_MONOTONIC, 0); m_pause(); }

static void m_wait(void) { if (fork() == 0) m_pause(); wait(NULL); pause(); }
static void m_zombie(void) { if (fork() == 0) _exit(0); m_pause(); }
static void m_vfork(void) { if (vfork() == 0) m_pause(); pause(); }
static void m_stop(void) { ready(0); raise(SIGSTOP); for (;;) pause(); }
static void m_blocked(void) { block(SIGUSR1); catch(SIGUSR1); m_pause(); }
static void m_ignored(void) { signal(SIGUSR2, SIG_IGN); catch(SIGCHLD); m_pause(); }

static void *thread(void *arg) { (void)arg; m_pause(); return NULL; }
static void m_leader_gone(void)
{
	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	pthread_exit(NULL);
}
static void *forker(void *arg) { if (fork() == 0) m_pause(); (void)arg; pause(); return NULL; }
static void m_thread_child(void) { pthread_t t; pthread_create(&t, NULL, forker, NULL); pause(); }

/* own_table keeps the connection in the descriptor table of a second thread. */
static void *keep(void *arg) { unshare(CLONE_FILES); sem_post(arg); for (;;) pause(); }
static void m_own_table(void)
{
	pthread_t t;
	sem_t kept_it;
	sem_init(&kept_it, 0, 0);
	int fd = connection();
	pthread_create(&t, NULL, keep, &kept_it);
	sem_wait(&kept_it);
	close(fd);
	for (;;) pause();
}

/* in_flight keeps the connection in a message that it does not receive. */
static void m_in_flight(void)
{
	int ends[2], fd = connection();
	char control[CMSG_SPACE(sizeof fd)] = "", byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr m = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	socketpair(AF_UNIX, SOCK_DGRAM, 0, ends);
	sendmsg(ends[0], &m, 0);
	close(fd);
	for (;;) pause();
}

static void m_daemon(void)
{
	if (fork() > 0)
		_exit(0);
	setsid();
	if (fork() > 0)
		_exit(0);
	m_pause();
}

/* churn forks children that end at once, and reaps them, for ever; two of its
 * children stay. */
static void m_churn(void)
{
	if (fork() == 0) for (;;) pause();
	if (fork() == 0) for (;;) pause();
	ready(0);
	for (;;) {
		if (fork() == 0)
			_exit(0);
		wait(NULL);
	}
}

/* crowd forks COUNT children with five descriptors each. */
static int crowd_size = 20;
static void m_crowd(void)
{
	int port;
	listener(5, &port);
	for (int i = 0; i < crowd_size; i++)
		if (fork() == 0) {
			eventfd(0, 0);
			for (;;) pause();
		}
	ready(port);
	for (;;) pause();
}

static void m_epoll_crowd(void)
{
	epoll_create1(0);
	for (int i = 0; i < crowd_size; i++)
		if (fork() == 0)
			for (volatile long k = 0;; k++) ;
	m_pause();
}

static void m_kinds(void)
{
	int port;
	sigset_t s;
	sigemptyset(&s);
	sigaddset(&s, SIGUSR1);
	listener(5, &port);                                /* 3 */
	socket(AF_INET, SOCK_STREAM, 0);                   /* 4 */
	socket(AF_INET6, SOCK_DGRAM, 0);                   /* 5 */
	socket(AF_UNIX, SOCK_STREAM, 0);                   /* 6 */
	quiet_pipe();                                      /* 7, 8 */
	epoll_create1(0);                                  /* 9 */
	signalfd(-1, &s, 0);                               /* 10 */
	timerfd_create(CLOCK_MONOTONIC, 0);                /* 11 */
	eventfd(0, 0);                                     /* 12 */
	syscall(SYS_pidfd_open, getpid(), 0);              /* 13 */
	ready(port);
	for (;;) pause();
}

#define MODE(name) { #name, m_##name }
static const struct { const char *name; void (*run)(void); } modes[] = {
	MODE(pause), MODE(spin), MODE(read_pipe), MODE(accept), MODE(read), MODE(unread), MODE(queue),
	MODE(deaf), MODE(deaf_listener), MODE(accept_timeout), MODE(write), MODE(write_timeout),
	MODE(poll), MODE(poll_timed), MODE(tick), MODE(ppoll), MODE(ppoll_timed), MODE(select),
	MODE(select_timed), MODE(epoll), MODE(epoll_timed), MODE(epoll_spin),
	MODE(epoll_bursts), MODE(epoll_thread), MODE(nanosleep), MODE(semaphore),
	MODE(semaphore_timed), MODE(sigwait), MODE(sigwait_alarm), MODE(signalfd_alarm), MODE(alarm),
	MODE(alarm_ticks), MODE(timer), MODE(timerfd), MODE(timerfd_unarmed), MODE(wait), MODE(zombie),
	MODE(vfork), MODE(stop), MODE(blocked), MODE(ignored), MODE(leader_gone), MODE(thread_child),
	MODE(own_table), MODE(in_flight), MODE(daemon), MODE(churn), MODE(crowd), MODE(epoll_crowd), MODE(kinds),
};

static void kill_all(void)
{
	for (;;) {
		char path[64];
		int pid, any = 0;
		snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
		FILE *f = fopen(path, "r");
		while (f && fscanf(f, "%d", &pid) == 1) {
			kill(pid, SIGKILL);
			any = 1;
		}
		if (f)
			fclose(f);
		if (!any)
			return;
		poll(NULL, 0, 1);
	}
}

int main(int argc, char **argv)
{
	char c;
	if (argc > 2)
		crowd_size = atoi(argv[2]);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGCHLD, SIG_IGN); /* reaps by itself */
	if (fork() == 0) {
		signal(SIGCHLD, SIG_DFL);
		dup2(open("/dev/null", O_RDONLY), 0);
		for (int fd = 3; fd < 256; fd++)
			close(fd);
		for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
			if (argc > 1 && strcmp(argv[1], modes[i].name) == 0) {
				modes[i].run();
				_exit(0);
			}
		printf("no such mode\n");
		_exit(1);
	}
	close(1); /* so that it ends with the program */
	while (read(0, &c, 1) > 0) ;
	kill_all();
	return 0;
}
