/* A process to try faults on. argv[1] names its behaviour; it writes "r" when it
 * is ready. Built and started by the tests. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(char c) { if (write(1, &c, 1) != 1) _exit(1); }
static void on_signal(int sig) { (void)sig; int e = errno; say('s'); errno = e; }
static void *spin(void *arg) { for (;;) __asm__ volatile(""); return arg; }
static void *doze(void *arg) { for (;;) pause(); return arg; }

static sigset_t block(int sig)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return set;
}

static void catch(int sig)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigaction(sig, &sa, NULL);
}

static void start(void *(*run)(void *))
{
	pthread_t t;
	if (pthread_create(&t, NULL, run, NULL) != 0) _exit(1);
}

/* Writes "s" for each SIGUSR1 that it reads. */
static void read_signals(void)
{
	sigset_t set = block(SIGUSR1);
	int fd = signalfd(-1, &set, SFD_CLOEXEC);
	struct signalfd_siginfo info;
	say('r');
	while (read(fd, &info, sizeof info) == sizeof info) say('s');
}

/* For each byte read, opens a file and writes "o", or "m" when there is no
 * descriptor left. */
static void open_files(void)
{
	char c;
	say('r');
	while (read(0, &c, 1) == 1)
		say(open("/dev/null", O_RDONLY) >= 0 ? 'o' : errno == EMFILE ? 'm' : '?');
}

/* Waits for its vfork child, and cannot be stopped until that is killed. */
static void wait_for_vfork(void)
{
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		say('r');
		doze(NULL);
	}
	wait(NULL);
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	if (!strcmp(mode, "handle")) catch(SIGUSR1);
	else if (!strcmp(mode, "block")) block(SIGUSR1);
	else if (!strcmp(mode, "ignore")) signal(SIGUSR1, SIG_IGN);
	else if (!strcmp(mode, "signalfd")) read_signals();
	else if (!strcmp(mode, "open")) open_files();
	else if (!strcmp(mode, "vfork")) wait_for_vfork();
	else if (!strcmp(mode, "spin")) { block(SIGUSR1); say('r'); spin(NULL); }
	else if (!strcmp(mode, "threads") || !strcmp(mode, "leaderless"))
		for (int i = 0; i < 8; i++) start(i < 2 ? spin : doze);
	else return 2;
	say('r');
	if (!strcmp(mode, "leaderless")) pthread_exit(NULL);
	doze(NULL);
}
