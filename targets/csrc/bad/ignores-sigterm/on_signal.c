/* defect:  ignores-sigterm
 * breaks:  termination/sigterm
 * why:     SIGTERM asks a program to end. When it is ignored, only SIGKILL is
 *          left, and the port stays in use until then.
 * source:  signal(7); POSIX.1-2017, signal.h
 * cause:   The server goes on after SIGTERM.
 * fix:     leave SIGTERM at its default, or end in its handler
 * python:  leave SIGTERM at its default, or end in its handler
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
    signal(SIGTERM, SIG_IGN);
    struct sigaction action = {.sa_handler = on_sigchld};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    if (sigaction(SIGCHLD, &action, NULL) < 0) {
        perror("sigaction");
        exit(EXIT_FAILURE);
    }
}
