/* defect:  write-eintr-is-fatal
 * breaks:  faults/write-eintr
 * why:     It catches SIGUSR1 without SA_RESTART. A signal arrived before
 *          anything was sent. The connection is sound, yet the child ends it.
 * source:  signal(7), Interruption of system calls; UNP 3rd ed. §3.9
 * cause:   A write interrupted by a signal (EINTR) ends the connection.
 * fix:     when write fails with EINTR, call it again with the same bytes
 * seen:    client-ended
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
        if (sent < 0)
            return -1;
        buf += sent;
        n -= (size_t)sent;
    }
    return 0;
}
