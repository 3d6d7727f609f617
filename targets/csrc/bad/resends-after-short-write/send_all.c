/* defect:  resends-after-short-write
 * breaks:  faults/short-write
 * why:     It sees that less was sent than it asked for, and sends everything
 *          once more: what had been sent arrives twice.
 * source:  send(2); write(2), RETURN VALUE; UNP 3rd ed. §3.9
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
