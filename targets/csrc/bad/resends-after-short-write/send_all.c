/* defect:  resends-after-short-write
 * breaks:  faults/short-write
 * why:     After a short write it sends everything again: the bytes that were
 *          sent arrive twice.
 * source:  send(2); write(2), RETURN VALUE; UNP 3rd ed. §3.9
 * cause:   After a write that took only a part everything is sent again: bytes
 *          arrive twice.
 * fix:     go on with the bytes that write has not taken: buf + n
 * python:  go on with the bytes that send() has not taken, or use sendall()
 * seen:    answer-again
 */
#include "server.h"

int send_all(int connfd, const char *buf, size_t n)
{
    ssize_t sent = 0;
    while (sent < (ssize_t)n) {
        sent = send(connfd, buf, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return -1;
    }
    return 0;
}
