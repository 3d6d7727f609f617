/* defect:  loses-answer-on-eintr
 * breaks:  faults/write-eintr
 * why:     It catches SIGUSR1 without SA_RESTART. It knows that EINTR is no
 *          error, but forgets that nothing was sent either: the answer is lost,
 *          and the connection stays open.
 * source:  write(2), EINTR; signal(7), Interruption of system calls
 * cause:   After a write interrupted by a signal (EINTR) the answer is lost,
 *          and the connection stays open.
 * fix:     when write fails with EINTR, call it again with the same bytes
 * seen:    client-open
 */
#include "server.h"

static void on_usr1(int signo)
{
    (void)signo;
}

int send_all(int connfd, const char *buf, size_t n)
{
    struct sigaction action = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &action, NULL);
    while (n > 0) {
        ssize_t sent = send(connfd, buf, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            return 0;
        if (sent < 0)
            return -1;
        buf += sent;
        n -= (size_t)sent;
    }
    return 0;
}
