/* defect:  epoll-exits-on-eintr
 * breaks:  signals/stop-continue
 * why:     epoll_wait() returns EINTR after SIGSTOP and SIGCONT, even with no
 *          handler for any signal: Ctrl-Z and fg end the server. accept()
 *          alone would have been restarted.
 * source:  signal(7), Interruption of system calls by stop signals
 * cause:   The server ends when SIGCONT interrupts its wait with EINTR.
 * fix:     when epoll_wait, poll or select fails with EINTR, call it again
 * python:  catch InterruptedError and go on
 * seen:    ended
 */
#include "server.h"
#include <sys/epoll.h>

int accept_conn(int listenfd)
{
    struct epoll_event on = {.events = EPOLLIN};
    int watch = epoll_create1(EPOLL_CLOEXEC);
    signal(SIGCHLD, SIG_IGN);       /* nothing to reap, no handler */
    epoll_ctl(watch, EPOLL_CTL_ADD, listenfd, &on);
    if (epoll_wait(watch, &on, 1, -1) < 0)
        exit(EXIT_FAILURE);
    close(watch);
    return accept(listenfd, NULL, NULL);
}
