/* defect:  ignores-short-write
 * breaks:  faults/short-write
 * why:     send() may take fewer bytes than it was given, and returns how
 *          many. Here the rest is never sent.
 * source:  send(2); write(2), RETURN VALUE; UNP 3rd ed. §3.9
 * cause:   A write that took only a part is not continued: the rest of the
 *          answer is lost.
 * fix:     loop until write has taken all n bytes
 * python:  use sendall(), or loop over what send() returned
 * seen:    answer-short
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
        break;
    }
    return 0;
}
