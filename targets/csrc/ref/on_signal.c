/* The kernel sends SIGCHLD to the server when a child ends. The handler may
 * run between any two instructions, so it must leave errno as it found it.
 *
 * SA_RESTART:   the kernel restarts an accept() that the handler interrupts.
 * SA_NOCLDSTOP: no signal for a child that was only stopped.
 */
#include "server.h"

static void on_sigchld(int signo)
{
    (void)signo;
    int saved = errno;
    reap();
    errno = saved;
}

void on_signal(void)
{
    struct sigaction action = {.sa_handler = on_sigchld};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
