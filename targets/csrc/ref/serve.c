/* TCP is a stream of bytes without marks: what one receive() returns need not
 * be what the client wrote in one piece. An echo server does not have to care.
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
