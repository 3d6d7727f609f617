/* A parent that waits for its child, two calls below main; the child is blocked in a
 * handler that a signal has called. */
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child;

static void on_alarm(int sig)
{
	pause(); /* line: handler */
	child = sig; /* otherwise the compiler makes the call a jump */
}

__attribute__((noinline)) static int wait_for_child(int *status)
{
	int pid = waitpid(child, status, 0); /* line: wait */
	return pid == child ? 0 : 1;
}

static inline int finish(void)
{
	int status;
	int failed = wait_for_child(&status); /* line: finish */
	return failed + status;
}

int main(void)
{
	child = fork();
	if (child == 0) {
		signal(SIGALRM, on_alarm);
		raise(SIGALRM); /* line: raise */
		exit(0);
	}
	return finish() == 0 ? 0 : 1; /* line: main */
}
