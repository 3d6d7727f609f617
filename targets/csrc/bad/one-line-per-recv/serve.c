/* defect:  one-line-per-recv
 * breaks:  echo/coalesced echo/binary
 * why:     It treats what one recv() returns as one line: when two lines
 *          arrive together, the second is dropped.
 * source:  tcp(7); UNP 3rd ed. §3.9
 * cause:   Of what one read returned only the first line is answered.
 * fix:     pass on all n bytes that read returned: several lines may arrive
 *          together
 * python:  pass on all that recv returned: several lines may arrive together
 * seen:    answer-short
 */
#include "server.h"

int serve(int connfd)
{
    char buf[4096];
    ssize_t n;

    while ((n = receive(connfd, buf, sizeof buf)) > 0) {
        char *newline = memchr(buf, '\n', (size_t)n);
        if (newline != NULL)
            n = newline - buf + 1;
        if (send_all(connfd, buf, (size_t)n) < 0)
            return 1;
    }
    return 0;
}
