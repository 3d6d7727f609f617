/* variant: spare-descriptor
 * model:   forking
 * why:     Keeps one descriptor in reserve. When there is no other, it is
 *          closed to accept one client and drop it: no client waits for ever,
 *          and nothing spins. libev's manual and many daemons do so.
 * source:  accept(2), EMFILE; libev(3), The special problem of accept()ing
 *          when you can't
 */
#include "server.h"
#include "spare.h"

int spare;

static void turn_away(int listenfd)
{
    close(spare);
    int connfd = accept(listenfd, NULL, NULL);
    if (connfd >= 0)
        close(connfd);
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int accept_conn(int listenfd)
{
    if (spare == 0)
        spare = open("/dev/null", O_RDONLY | O_CLOEXEC);

    int connfd;
    while ((connfd = accept(listenfd, NULL, NULL)) < 0) {
        if (errno == EMFILE && spare > 0)
            turn_away(listenfd);
        else
            accept_failed();
    }
    return connfd;
}
