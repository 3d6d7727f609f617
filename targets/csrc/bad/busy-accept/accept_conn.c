/* defect:  busy-accept
 * breaks:  termination/idle-is-idle
 * why:     The listening socket does not block, and the loop calls accept()
 *          again at once: a busy loop while there is no client.
 * source:  accept(2), EAGAIN; UNP 3rd ed. §16.6
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
