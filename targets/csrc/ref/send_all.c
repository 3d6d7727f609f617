/* send() may accept fewer bytes than it was given (a "short write"), for
 * example when a signal arrives in the middle: UNP 3rd ed. section 3.9.
 * MSG_NOSIGNAL: a client that has gone is an error (EPIPE), not a SIGPIPE.
 */
#include "server.h"

int send_all(int connfd, const char *buf, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(connfd, buf, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        buf += sent;
        n -= (size_t)sent;
    }
    return 0;
}
