/* defect:  locks-while-writing
 * breaks:  concurrency/slow-reader
 * why:     All children write under one lock. A child whose client does not
 *          read keeps the lock, and all others wait.
 * source:  lockf(3); fcntl(2), Advisory record locking; romanz/electrs#1326
 * cause:   A client that does not read blocks all others: the children write
 *          under one lock.
 * fix:     hold no lock while a child writes to its client
 * python:  hold no lock while a child writes to its client
 * seen:    client-open
 */
#include "server.h"

int send_all(int connfd, const char *buf, size_t n)
{
    while (n > 0) {
        lockf(STDOUT_FILENO, F_LOCK, 0);
        ssize_t sent = send(connfd, buf, n, MSG_NOSIGNAL);
        lockf(STDOUT_FILENO, F_ULOCK, 0);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
        buf += sent;
        n -= (size_t)sent;
    }
    return 0;
}
