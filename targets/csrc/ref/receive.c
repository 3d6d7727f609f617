/* EINTR means that nothing was received and nothing is wrong: ask again.
 * Every other error, such as ECONNRESET, ends the connection.
 */
#include "server.h"

ssize_t receive(int connfd, char *buf, size_t size)
{
    ssize_t n;
    do {
        n = recv(connfd, buf, size, 0);
    } while (n < 0 && errno == EINTR);
    return n;
}
