/* defect:  exits-on-usr1
 * breaks:  faults/accept-eintr
 * why:     It catches SIGUSR1 without SA_RESTART. The kernel then returns EINTR
 *          from accept(), and the server takes that for a failure.
 * source:  UNP 3rd ed. §5.9; signal(7), Interruption of system calls
 * cause:   A signal that the server catches interrupts accept (EINTR), and the
 *          server ends.
 * fix:     if (connfd < 0 && errno == EINTR) continue;
 * python:  catch InterruptedError around accept() and continue
 * seen:    ended failure
 */
#include "server.h"

static void on_usr1(int signo)
{
    (void)signo;
}

int accept_conn(int listenfd)
{
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_usr1}, NULL);
    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0) {
        if (errno == EINTR)
            exit(EXIT_FAILURE);
        accept_failed();
    }
    return connfd;
}
