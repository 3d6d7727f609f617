/* variant: reap-by-select-timeout
 * model:   forking
 * why:     Waits for a client for a fifth of a second at most, and reaps in
 *          between: zombies live for 200 ms. Needs no signal at all.
 * source:  select(2); waitpid(2), WNOHANG
 */
#include "server.h"
#include <sys/select.h>

int accept_conn(int listenfd)
{
    for (;;) {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(listenfd, &readable);
        struct timeval patience = {.tv_usec = 200000};

        int ready = select(listenfd + 1, &readable, NULL, NULL, &patience);
        reap();
        if (ready <= 0)
            continue;
        int connfd = accept(listenfd, NULL, NULL);
        if (connfd >= 0)
            return connfd;
        accept_failed();
    }
}
