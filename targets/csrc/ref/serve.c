/* TCP is a stream of bytes without boundaries: what one receive() returns need
 * not be what the client wrote with one call. An echo server does not depend
 * on that.
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}
