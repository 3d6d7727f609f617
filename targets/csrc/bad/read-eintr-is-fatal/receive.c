/* defect:  read-eintr-is-fatal
 * breaks:  faults/read-eintr
 * why:     It catches SIGUSR1 without SA_RESTART. A signal arrived before
 *          anything was received. The connection is sound, yet the child
 *          ends it.
 * source:  signal(7), Interruption of system calls; UNP 3rd ed. §3.9
 * cause:   A read interrupted by a signal (EINTR) ends the connection.
 * fix:     when read fails with EINTR, call it again
 * seen:    client-ended
 */
#include "server.h"

static void on_usr1(int signo)
{
    (void)signo;
}

ssize_t receive(int connfd, char *buf, size_t size)
{
    struct sigaction action = {.sa_handler = on_usr1};
    sigaction(SIGUSR1, &action, NULL);
    return recv(connfd, buf, size, 0);
}
