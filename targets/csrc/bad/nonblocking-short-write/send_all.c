/* defect:  nonblocking-short-write
 * breaks:  echo/stream faults/short-write
 * why:     A call that does not block takes only what fits into the send
 *          buffer. It returns how much that was, which the server ignores:
 *          the rest is lost.
 * source:  send(2), MSG_DONTWAIT; UNP 3rd ed. §16.2; puma/puma#170
 * cause:   A non-blocking write takes what fits, and the rest of the answer is
 *          lost.
 * fix:     when write takes a part, or fails with EAGAIN, wait in poll for
 *          POLLOUT and send the rest
 * python:  use sendall() on a blocking socket
 * seen:    answer-short
 */
#include "server.h"

int send_all(int connfd, const char *buf, size_t n)
{
    ssize_t sent = send(connfd, buf, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        return -1;
    return 0;
}
