/* defect:  busy-accept
 * breaks:  termination/idle-is-idle
 * why:     The listening socket does not block, and the loop calls accept()
 *          again at once: a busy loop while there is no client.
 * source:  accept(2), EAGAIN; UNP 3rd ed. §16.6
 * cause:   The server calls accept again and again while there is no client:
 *          it uses the whole processor.
 * fix:     let accept block, or wait in poll before it
 * python:  leave the listening socket blocking, or wait in selectors before
 *          accept
 * seen:    parent-spins
 */
#include "server.h"

int accept_conn(int listenfd)
{
    int connfd;
    fcntl(listenfd, F_SETFL, O_NONBLOCK);
    while ((connfd = accept(listenfd, NULL, NULL)) < 0)
        if (errno != EAGAIN)
            accept_failed();
    return connfd;
}
